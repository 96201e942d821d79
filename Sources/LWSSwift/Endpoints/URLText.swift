internal import FoundationEssentials

/// URLs as people and servers write them, made what RFC 3986 has: the one place where a URL is read.
enum URLText {
    /// The URL in its parts; nil when it is none.
    static func components(_ text: String) -> URLComponents? {
        guard let text = encoded(text),
            let components = URLComponents(string: text, encodingInvalidCharacters: false)
        else { return nil }
        // One that is too large for a number is none to Foundation.
        let hasPort = components.rangeOfPort.map { !$0.isEmpty } ?? false
        return hasPort && components.port == nil ? nil : components
    }

    /// The text with what no URL may have percent-encoded, such as spaces and letters beyond ASCII (RFC 3987 section 3.1),
    /// and what is percent-encoded left as it is. nil for what means nothing: control characters, and a percent sign without
    /// two digits behind.
    static func encoded(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        let authority = authority(bytes)
        var result = ""
        var hasFragment = false
        for (index, byte) in bytes.enumerated() {
            if byte < 0x20 || byte == 0x7F { return nil }
            if byte == UInt8(ascii: "%"), bytes[(index + 1)...].prefix(2).filter(isHexDigit).count < 2 { return nil }
            let isAllowed =
                switch byte {
                // Around an IP address only (RFC 3986 section 3.2.2).
                case UInt8(ascii: "["), UInt8(ascii: "]"): authority.contains(index)
                case UInt8(ascii: "#"): !hasFragment
                default: byte < 0x80 && !" \"<>\\^`{|}".utf8.contains(byte)
                }
            if byte == UInt8(ascii: "#") { hasFragment = true }
            if isAllowed {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    /// A URL, or what should have been one, as an error quotes it: in a query there may be secrets, which get into logs then.
    static func withoutQuery(_ text: String) -> String {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else { return text }
        return "\(text[..<mark])?…"
    }

    /// Where the authority stands: behind two slashes that a scheme, or nothing, goes before.
    private static func authority(_ bytes: [UInt8]) -> Range<Int> {
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")), bytes[(slash + 1)...].first == UInt8(ascii: "/"),
            slash == 0 || bytes[slash - 1] == UInt8(ascii: ":")
        else { return 0..<0 }
        let start = slash + 2
        return start..<(bytes[start...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "a")...UInt8(ascii: "f"):
            true
        default: false
        }
    }
}
