import LWSSwift

/// Goes over strings and punctuation of JSON (RFC 8259), and stops at anything else.
struct JSONReader: ~Escapable {
    private let bytes: RawSpan
    private var index = 0

    /// - Parameter bytes: UTF-8.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// Whether nothing but white space is left.
    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return index == bytes.byteCount
        }
    }

    /// Takes a character of the syntax, and white space before it; false when something else is next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < bytes.byteCount, bytes[byte: index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Takes a string, and white space before it; nil when there is none, or none that is well-formed.
    mutating func takeString() -> JSONText? {
        guard take("\"") else { return nil }
        let start = index
        guard var end = takeVerbatim() else { return nil }
        if end == UInt8(ascii: "\"") { return .verbatim(start..<index - 1) }
        var text: [UInt8] = []
        // No escape is shorter than what it stands for.
        text.reserveCapacity(bytes.byteCount - start)
        text.append(bytes.extracting(start..<index - 1))
        while end == UInt8(ascii: "\\") {
            guard let scalar = takeEscaped() else { return nil }
            // Nearly all are, and one byte is appended faster than a sequence.
            if scalar.isASCII { text.append(UInt8(scalar.value)) } else { text.append(contentsOf: scalar.utf8) }
            let rest = index
            guard let next = takeVerbatim() else { return nil }
            text.append(bytes.extracting(rest..<index - 1))
            end = next
        }
        guard end == UInt8(ascii: "\"") else { return nil }
        return WebSocketMessage.text(validating: text).map(JSONText.unescaped)
    }

    /// Whether a string that was taken is this one, without escapes.
    func holds(_ name: StaticString, in text: JSONText) -> Bool {
        guard case .verbatim(let range) = text, range.count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where unsafe bytes[byte: range.lowerBound + offset] != name.utf8Start[offset] {
            return false
        }
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.byteCount {
            switch bytes[byte: index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    /// Takes what stands for itself, and the byte behind it, which is returned; nil when there is none.
    private mutating func takeVerbatim() -> UInt8? {
        index = bytes.endOfVerbatim(from: index)
        return takeByte()
    }

    /// Takes what is behind a backslash.
    private mutating func takeEscaped() -> Unicode.Scalar? {
        switch takeByte() {
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "u"): takeScalar()
        default: nil
        }
    }

    /// Takes the digits of a scalar, which are those of one or two code units of UTF-16.
    private mutating func takeScalar() -> Unicode.Scalar? {
        guard let unit = takeCodeUnit() else { return nil }
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        guard takeByte() == UInt8(ascii: "\\"), takeByte() == UInt8(ascii: "u"), let trail = takeCodeUnit(),
            UTF16.isTrailSurrogate(trail)
        else { return nil }
        return Unicode.Scalar(0x1_0000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF)))
    }

    private mutating func takeCodeUnit() -> UInt16? {
        var unit: UInt16 = 0
        for _ in 1...4 {
            guard let byte = takeByte() else { return nil }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte & 0xF)
            case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                unit = unit << 4 | UInt16((byte & 0xF) + 9)
            default: return nil
            }
        }
        return unit
    }

    private mutating func takeByte() -> UInt8? {
        guard index < bytes.byteCount else { return nil }
        defer { index += 1 }
        return bytes[byte: index]
    }
}
