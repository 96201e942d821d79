/// Which characters the grammar of HTTP allows where (RFC 9110 section 5.6). Pure.
enum FieldSyntax {
    /// A character of a token: of a method, or of a field's name (section 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9": true
        case "!", "#", "$", "%", "&", "'", "*", "+", "-", ".", "^", "_", "`", "|", "~": true
        default: false
        }
    }

    /// A character of a field's value: all but control characters, though the tab is none here (section 5.5).
    static func isValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == 0x09
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    /// ASCII letters in lower case, other bytes as they are.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }

    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy(isValueByte)
    }

    /// Whether these bytes are this ASCII text, whatever the case of letters.
    static func equals(_ bytes: some Sequence<UInt8>, lowercase text: String) -> Bool {
        bytes.lazy.map(lowercased).elementsEqual(text.utf8)
    }

    /// The members of a comma-separated list, without the white space around them; empty ones do not count (section 5.6.1).
    static func list(_ value: some Collection<UInt8>) -> [String] {
        value.split(separator: UInt8(ascii: ",")).compactMap { member in
            let start = member.drop(while: isSpace)
            guard let last = start.lastIndex(where: { !isSpace($0) }) else { return nil }
            return String(decoding: start[...last], as: UTF8.self)
        }
    }

    /// Whether bytes are an authority without user information: a host, in brackets if it is an IPv6 address, and perhaps
    /// a port (RFC 3986 section 3.2). An empty one is; a server may have no name.
    static func isAuthority(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, bytes[index] == UInt8(ascii: "[") {
            repeat {
                index += 1
                guard index < range.upperBound else { return false }
            } while isHostByte(bytes[index]) || bytes[index] == UInt8(ascii: ":")
            guard bytes[index] == UInt8(ascii: "]") else { return false }
            index += 1
        } else {
            while index < range.upperBound, isHostByte(bytes[index]) { index += 1 }
        }
        guard index < range.upperBound else { return true }
        guard bytes[index] == UInt8(ascii: ":") else { return false }
        index += 1
        while index < range.upperBound, isDigit(bytes[index]) { index += 1 }
        return index == range.upperBound
    }

    /// Unreserved characters, the delimiters that have no meaning there, and percent signs.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9": true
        case "-", ".", "_", "~", "%", "!", "$", "&", "'", "(", ")", "*", "+", ",", ";", "=": true
        default: false
        }
    }
}
