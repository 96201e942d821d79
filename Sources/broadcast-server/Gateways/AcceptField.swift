/// What media types a client takes (RFC 9110 section 12.5.1).
///
/// What cannot be understood of it is left out. Without anything that can, everything is as welcome as anything else.
struct AcceptField: Sendable, Equatable {
    /// From 0, not acceptable, to 1,000.
    typealias Quality = Int

    /// A type, all types of a kind, or all types. Its parameters are not looked at: what is offered here has none that would
    /// tell it apart.
    private struct MediaRange: Sendable, Equatable {
        let type: String
        let subtype: String
        let quality: Quality

        /// How closely it names a type; nil when it does not.
        func specificity(for type: String, _ subtype: String) -> Int? {
            switch (self.type, self.subtype) {
            case (type, subtype): 2
            case (type, "*"): 1
            case ("*", "*"): 0
            default: nil
            }
        }
    }

    private let ranges: [MediaRange]

    /// - Parameter value: of the field, several joined by commas; nil for a request without it.
    init(_ value: String?) {
        ranges = Self.split(value ?? "", at: ",").compactMap(Self.range)
    }

    /// How welcome a type is, such as `text/html`, in small letters.
    func quality(of mediaType: String) -> Quality { judge(mediaType).quality }

    /// The type that the client wants most: of several that it wants as much the one that it names most closely, and of
    /// those the first.
    ///
    /// - Parameter offers: types in small letters, without parameters.
    /// - Returns: nil when none is acceptable.
    func preferred(of offers: [String]) -> String? {
        let judged = offers.map { (type: $0, judgement: judge($0)) }
        // Of equals `max` gives the first.
        let best = judged.max { $0.judgement < $1.judgement }
        return best.flatMap { $0.judgement.quality > 0 ? $0.type : nil }
    }

    private func judge(_ mediaType: String) -> (quality: Quality, specificity: Int) {
        guard !ranges.isEmpty else { return (1_000, 0) }
        let parts = mediaType.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return (0, -1) }
        let matches = ranges.compactMap { range in
            range.specificity(for: parts[0], parts[1]).map { (specificity: $0, quality: range.quality) }
        }
        // The closest range counts, however welcome others are.
        return matches.max { $0 < $1 }.map { ($0.quality, $0.specificity) } ?? (0, -1)
    }

    // MARK: Reading

    private static func range(_ text: Substring) -> MediaRange? {
        let parts = split(text, at: ";").map(trim)
        guard let slash = parts.first?.firstIndex(of: "/") else { return nil }
        let type = parts[0][..<slash].lowercased()
        let subtype = parts[0][parts[0].index(after: slash)...].lowercased()
        guard isToken(type), isToken(subtype), type != "*" || subtype == "*" else { return nil }
        guard let weight = parts.dropFirst().first(where: { $0.lowercased().hasPrefix("q=") }) else {
            return MediaRange(type: type, subtype: subtype, quality: 1_000)
        }
        return quality(weight.dropFirst(2)).map { MediaRange(type: type, subtype: subtype, quality: $0) }
    }

    /// A weight of at most three digits behind the point (RFC 9110 section 12.4.2).
    private static func quality(_ text: Substring) -> Quality? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole == "0" || whole == "1" else { return nil }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard fraction.utf8.count <= 3, fraction.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        let thousandths = Int(fraction + String(repeating: "0", count: 3 - fraction.utf8.count)) ?? 0
        let quality = (whole == "1" ? 1_000 : 0) + thousandths
        return quality <= 1_000 ? quality : nil
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func trim(_ text: Substring) -> Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let front = text.drop(while: isBlank)
        return front.lastIndex { !isBlank($0) }.map { front[...$0] } ?? ""
    }

    /// The parts between separators that are not quoted (RFC 9110 section 5.6.4).
    private static func split(_ text: some StringProtocol, at separator: Character) -> [Substring] {
        var (isQuoted, isEscaped) = (false, false)
        return Substring(text).split { character in
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = isQuoted
            } else if character == "\"" {
                isQuoted.toggle()
            } else {
                return !isQuoted && character == separator
            }
            return false
        }
    }
}
