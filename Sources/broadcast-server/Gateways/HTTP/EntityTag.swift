/// What tells one representation of a resource apart from another (RFC 9110 section 8.8.3).
struct EntityTag: Sendable, Equatable, CustomStringConvertible {
    /// What stands between the quotation marks.
    let text: String
    /// Whether representations with it may differ in what does not matter.
    var isWeak = false

    var description: String { isWeak ? "W/\"\(text)\"" : "\"\(text)\"" }
}

/// Which representations a client has already: the value of an `If-None-Match` field (RFC 9110 section 13.1.2).
struct IfNoneMatch: Sendable, Equatable {
    private enum Content: Equatable {
        /// Whatever there is.
        case all
        case tags([EntityTag])
    }
    private let content: Content

    /// - Parameter field: several joined by commas. What is no tag ends the list: what comes before it counts.
    init(_ field: String) {
        // As bytes: with a mark behind it, a quotation mark is another character.
        var rest = Substring(field).utf8
        Self.skip(Self.blanks, &rest)
        if rest.first == UInt8(ascii: "*") {
            rest.removeFirst()
            Self.skip(Self.blanks, &rest)
            content = rest.isEmpty ? .all : .tags([])
            return
        }
        var tags: [EntityTag] = []
        while let tag = Self.takeTag(&rest) {
            tags.append(tag)
            Self.skip(Self.blanks, &rest)
            guard rest.first == UInt8(ascii: ",") else { break }
            // A list may have empty elements (RFC 9110 section 5.6.1.2).
            Self.skip(Self.blanks + [UInt8(ascii: ",")], &rest)
        }
        content = .tags(tags)
    }

    /// Whether the client has this one: compared weakly, so that only the texts count (section 8.8.3.2).
    func contains(_ tag: EntityTag) -> Bool {
        switch content {
        case .all: true
        case .tags(let tags): tags.contains { $0.text.utf8.elementsEqual(tag.text.utf8) }
        }
    }

    private static func skip(_ bytes: [UInt8], _ text: inout Substring.UTF8View) {
        text = text.drop { bytes.contains($0) }
    }

    /// A comma stands for itself within the quotation marks; nothing is escaped there.
    private static func takeTag(_ text: inout Substring.UTF8View) -> EntityTag? {
        let isWeak = text.starts(with: "W/".utf8)
        var rest = isWeak ? text.dropFirst(2) : text
        guard rest.popFirst() == quote, let end = rest.firstIndex(of: quote) else { return nil }
        let tag = rest[..<end]
        guard tag.allSatisfy({ $0 == 0x21 || $0 >= 0x23 && $0 != 0x7F }) else { return nil }
        text = rest[end...].dropFirst()
        return EntityTag(text: String(decoding: tag, as: UTF8.self), isWeak: isWeak)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
}
