/// A media type as a `Content-Type` field names it (RFC 9110 section 8.3.1): of the parameters, only the charset.
struct MediaType: Sendable, Equatable {
    /// Type and subtype, in small letters.
    let name: String
    /// In small letters; nil when there is none.
    private(set) var charset: String?

    /// nil for what is no media type.
    init?(_ field: String) {
        let parts = field.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        name = parts[0].lowercased()
        let halves = name.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.mayStandInToken) }) else {
            return nil
        }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == "charset" else { continue }
            charset = pair[1].filter { $0 != "\"" }.lowercased()
        }
    }

    /// Whether its texts are UTF-8, or say nothing else.
    var isUTF8: Bool { ["utf-8", "utf8", "us-ascii"].contains(charset ?? "utf-8") }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func mayStandInToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
