import LWSSwift

/// Text that may come from anybody, made fit for a terminal and for a file of one line an entry.
///
/// Control characters could move the cursor, change a terminal's settings or forge log lines; bidirectional overrides
/// could make a line read differently from what it says. They are shown as escapes instead.
enum EscapedText {
    /// The text with what drives a terminal or breaks a line written as `\n`, `\t`, `\r` or `\u{1B}`. Everything else,
    /// emoji included, is kept; escaping twice is escaping once.
    static func escape(_ text: String) -> String {
        guard text.utf8.contains(where: isSuspect) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            if isHarmless(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += escape(scalar)
            }
        }
        return result
    }

    /// A JSON text in which the same characters are escaped within its strings, which leaves its meaning as it is. An
    /// encoder escapes only what JSON forbids.
    static func escapeJSON(_ json: String) -> String {
        var result = ""
        result.reserveCapacity(json.utf8.count)
        for scalar in json.unicodeScalars {
            if isHarmless(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    /// Appends a message as the log shows it, copied at once when it is short and harmless, as most are.
    static func appendExcerpt(_ message: BorrowedMessage, to buffer: inout [UInt8]) {
        guard message.kind == .text, message.bytes.byteCount <= Defaults.loggedCharacters else {
            buffer += excerpt(message.message).utf8
            return
        }
        unsafe message.bytes.withUnsafeBytes { bytes in
            if unsafe mayNeedEscaping(bytes) {
                buffer += unsafe escape(String(decoding: bytes, as: UTF8.self)).utf8
            } else {
                unsafe buffer.append(contentsOf: bytes)
            }
        }
    }

    /// Whether a text of these bytes may change by escaping: a quick look, for the many that do not.
    private static func mayNeedEscaping(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        // Eight bytes of ASCII at a time; see "Determine if a word has a byte less than n" in Anderson, Bit Twiddling Hacks.
        while index + 8 <= bytes.count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let highBits: UInt64 = 0x8080_8080_8080_8080
            if word & highBits == 0 {
                let isBelowSpace = (word &- 0x2020_2020_2020_2020) & ~word & highBits
                let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
                let isDelete = (delete &- 0x0101_0101_0101_0101) & ~delete & highBits
                if isBelowSpace | isDelete != 0 { return true }
            } else if unsafe bytes[index..<index + 8].contains(where: isSuspect) {
                return true
            }
            index += 8
        }
        return unsafe bytes[index...].contains(where: isSuspect)
    }

    /// The beginning of a message of UTF-8 bytes, escaped, and how many bytes of it are left out.
    ///
    /// Takes time in proportion to `limit`, not to the size of the message.
    static func excerpt(_ bytes: [UInt8], limit: Int) -> String {
        guard bytes.count > limit else { return escape(String(decoding: bytes, as: UTF8.self)) }
        var end = 0
        var count = 0
        while end < bytes.count {
            // Every byte but a continuation byte (10xxxxxx) begins a character.
            if bytes[end] & 0b1100_0000 != 0b1000_0000 {
                if count == limit { break }
                count += 1
            }
            end += 1
        }
        let beginning = escape(String(decoding: bytes[..<end], as: UTF8.self))
        let left = bytes.count - end
        return left == 0 ? beginning : "\(beginning)… (\(left) more bytes)"
    }

    /// The beginning of a text, as the log shows it.
    static func excerpt(_ text: String) -> String {
        excerpt(Array(text.utf8), limit: Defaults.loggedCharacters)
    }

    /// A message as the log shows it: the beginning of its text, or the size of what is no text.
    static func excerpt(_ message: WebSocketMessage) -> String {
        switch message.kind {
        case .text: excerpt(message.bytes, limit: Defaults.loggedCharacters)
        case .binary: "binary message of \(message.bytes.count) bytes"
        }
    }

    /// Whether a byte of UTF-8 belongs to a character that might have to be escaped: C0 and DEL, and the first bytes of
    /// C1 (C2), of U+061C (D8), and of the general punctuation with its bidirectional controls (E2).
    private static func isSuspect(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: false  // C0, DEL, C1
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: false  // bidirectional marks and overrides
        case 0x2028, 0x2029: false  // line and paragraph separator
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
    }
}
