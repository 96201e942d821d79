/// The field `WWW-Authenticate` of an answer (RFC 9110 section 11.6.1).
enum ChallengeField {
    /// The value of the first parameter of a name, whichever challenge it belongs to; nil when there is none.
    static func value(of name: String, in field: String) -> String? {
        var rest = field.utf8[...]
        var word: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t"):
                word = []
            case UInt8(ascii: "="):
                let value = value(&rest)
                if String(decoding: word, as: UTF8.self).lowercased() == name { return value }
                word = []
            default:
                word.append(byte)
            }
        }
        return nil
    }

    /// Whether one of the challenges asks for a bearer token (RFC 6750 section 3).
    static func asksForBearer(_ field: String) -> Bool {
        field.lowercased().split { $0 == "," || $0 == " " }.contains("bearer")
    }

    /// What stands behind an equals sign: a word, or a text in quotation marks.
    private static func value(_ rest: inout Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        if rest.first == UInt8(ascii: "\"") {
            rest.removeFirst()
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                guard byte == UInt8(ascii: "\\") else {
                    bytes.append(byte)
                    continue
                }
                if let escaped = rest.popFirst() { bytes.append(escaped) }
            }
        } else {
            while let byte = rest.first, !", \t".utf8.contains(byte) {
                bytes.append(byte)
                rest.removeFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
