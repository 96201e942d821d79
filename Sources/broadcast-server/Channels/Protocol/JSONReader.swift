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
        index = bytes.endOfVerbatim(from: index)
        guard index < bytes.byteCount else { return nil }
        if bytes[byte: index] == UInt8(ascii: "\"") {
            index += 1
            return .verbatim(start..<index - 1)
        }
        guard let (text, count) = JSONUnescaping.unescape(bytes.extracting(start...)) else { return nil }
        index = start + count
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
}
