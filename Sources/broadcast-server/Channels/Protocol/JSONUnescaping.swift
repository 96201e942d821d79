/// Makes of a string of JSON what it stands for (RFC 8259 section 7).
///
/// It goes over the bytes once and writes each where it belongs: for a text full of quotes, as is one that is JSON itself,
/// to append piece by piece takes longer than all else that is done for the message.
enum JSONUnescaping {
    /// - Parameter source: UTF-8, from behind the quote that begins the string.
    /// - Returns: what it stands for, and how many bytes of the source it took, the quote at its end included; nil for what is
    ///   not well-formed.
    static func unescape(_ source: RawSpan) -> (text: [UInt8], byteCount: Int)? {
        var end: Int?
        // No escape is shorter than what it stands for.
        let text = unsafe [UInt8](unsafeUninitializedCapacity: source.byteCount) { target, count in
            end = unsafe unescape(source, to: target, count: &count)
        }
        return end.map { (text, $0) }
    }

    /// - Returns: where the string has ended.
    private static func unescape(
        _ source: RawSpan,
        to target: UnsafeMutableBufferPointer<UInt8>,
        count: inout Int
    ) -> Int? {
        var index = 0
        while index < source.byteCount {
            let byte = source[byte: index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return index
            case UInt8(ascii: "\\"):
                guard let scalar = takeEscaped(source, &index) else { return nil }
                for byte in scalar.utf8 {
                    unsafe target[count] = byte
                    count += 1
                }
            case 0..<0x20: return nil
            default:
                unsafe target[count] = byte
                count += 1
            }
        }
        return nil
    }

    /// Takes what is behind a backslash.
    private static func takeEscaped(_ source: RawSpan, _ index: inout Int) -> Unicode.Scalar? {
        guard index < source.byteCount else { return nil }
        let byte = source[byte: index]
        index += 1
        return switch byte {
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "u"): takeScalar(source, &index)
        default: nil
        }
    }

    /// Takes the digits of a scalar, which are those of one or two code units of UTF-16.
    private static func takeScalar(_ source: RawSpan, _ index: inout Int) -> Unicode.Scalar? {
        guard let unit = takeCodeUnit(source, &index) else { return nil }
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        guard index + 2 <= source.byteCount, source[byte: index] == UInt8(ascii: "\\"),
            source[byte: index + 1] == UInt8(ascii: "u")
        else { return nil }
        index += 2
        guard let trail = takeCodeUnit(source, &index), UTF16.isTrailSurrogate(trail) else { return nil }
        return Unicode.Scalar(0x1_0000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF)))
    }

    private static func takeCodeUnit(_ source: RawSpan, _ index: inout Int) -> UInt16? {
        guard index + 4 <= source.byteCount else { return nil }
        var unit: UInt16 = 0
        for offset in index..<index + 4 {
            let byte = source[byte: offset]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte & 0xF)
            case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                unit = unit << 4 | UInt16((byte & 0xF) + 9)
            default: return nil
            }
        }
        index += 4
        return unit
    }
}
