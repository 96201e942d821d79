/// The value of an `Idempotency-Key` field: a string of RFC 8941 section 3.3.3, in quotation marks, or as most clients send
/// it, without.
enum IdempotencyKey {
    static let rule =
        "Idempotency-Key is a text of 1 to \(ClientObject.keyBytes.upperBound) printable ASCII characters, in quotation marks or without."

    /// nil for what is none. Without quotation marks there are no spaces, and no commas, which two fields would be joined by.
    static func parse(_ field: String) -> MessageKey? {
        let text = field.hasPrefix("\"") ? unquoted(field) : bare(field)
        return text.flatMap { ClientObject.keyBytes.contains($0.utf8.count) ? MessageKey(text: $0) : nil }
    }

    private static func bare(_ field: String) -> String? {
        let isPlain = field.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
        return isPlain ? field : nil
    }

    private static func unquoted(_ field: String) -> String? {
        var rest = field.unicodeScalars.dropFirst()
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return rest.isEmpty ? String(text) : nil
            case "\\":
                guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else { return nil }
                text.append(escaped)
            case " "..."~": text.append(scalar)
            default: return nil
            }
        }
        return nil
    }
}
