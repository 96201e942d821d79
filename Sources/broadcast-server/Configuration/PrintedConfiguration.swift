/// What `start --print-config` prints: each option with its value and who has said it, in YAML that is fit for a
/// configuration file.
enum PrintedConfiguration {
    /// Where the comments begin, if what stands before them is short enough.
    private static let commentColumn = 44

    /// - Parameter readings: of the options, by their names.
    static func text(_ readings: [String: OptionReading]) -> String {
        ServerOptions.descriptions.filter(\.isForFile).map { line($0, readings[$0.name]) + "\n" }.joined()
    }

    /// What has no value, or one that nobody is to see, stands in a comment.
    private static func line(_ option: any SettingDescription, _ reading: OptionReading?) -> String {
        let texts = reading?.texts ?? []
        let source = (reading?.source ?? .default).description(of: option.name)
        if texts.contains(where: option.isSecret) {
            return commented("# \(option.name):", "not shown, \(source)")
        }
        guard !texts.isEmpty else {
            return commented("# \(option.name):", option.defaultText.map { "\(source): \($0)" } ?? "not set")
        }
        let values = texts.map(scalar)
        let value = option.separator != nil ? "[\(values.joined(separator: ", "))]" : values.joined()
        return commented("\(option.name): \(value)", source)
    }

    private static func commented(_ text: String, _ comment: String) -> String {
        let gap = String(repeating: " ", count: max(2, commentColumn - text.count))
        return "\(text)\(gap)# \(comment)"
    }

    /// A text as it stands in a YAML file: in quotes if it might be taken for something else without.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "/") } ?? false
            && text.last != ":" && text.lowercased() != "null"
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return isPlain ? text : "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    /// A character between double quotes (YAML 1.2.2 section 5.7).
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": return "\\\(scalar)"
        default:
            let shown = EscapedText.escape(String(scalar))
            guard shown.unicodeScalars.count > 1 else { return shown }
            let digits = String(scalar.value, radix: 16)
            return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
}
