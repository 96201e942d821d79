/// Percent-encoding of a part of a query (RFC 3986 section 3.4).
enum QueryEncoding {
    /// Encodes what does not stand for itself between two ampersands: all but unreserved characters and the delimiters
    /// that have no meaning in a list of names and values, and `=`, which has.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            if isLiteral(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 0x0F)]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isLiteral(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
        case "=", "!", "$", "'", "(", ")", "*", ",", ":", "@", "/", "?": true
        default: false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
