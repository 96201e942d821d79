import ArgumentParser

/// Rights for one pattern, as they stand in a token file and on the command line: `team.*=subscribe,publish`, or `team` for
/// all that members do.
struct RightsEntry: Equatable, Sendable {
    let pattern: ChannelPattern
    let rights: ChannelRights

    init(_ pattern: ChannelPattern, _ rights: ChannelRights) {
        self.pattern = pattern
        self.rights = rights
    }

    /// - Throws: what is wrong with it, as a sentence.
    init(_ text: some StringProtocol) throws(RightsFault) {
        // The last one: a channel's name may have others, words have none.
        let sign = text.lastIndex(of: "=")
        guard let pattern = ChannelPattern(text[..<(sign ?? text.endIndex)]) else {
            throw .badPattern(String(text[..<(sign ?? text.endIndex)]))
        }
        guard let sign else {
            self.init(pattern, .member)
            return
        }
        let words = text[text.index(after: sign)...].split(separator: ",", omittingEmptySubsequences: false)
        self.init(pattern, try ChannelRights(words: words, for: pattern.description))
    }
}

extension RightsEntry: CustomStringConvertible {
    var description: String {
        rights == .member ? "\(pattern)" : "\(pattern)=\(rights.words.joined(separator: ","))"
    }
}

extension ChannelRights {
    /// - Parameter pattern: what they are for, for the error.
    init(words: some Collection<some StringProtocol>, for pattern: String) throws(RightsFault) {
        guard !words.isEmpty else { throw .noRight(pattern) }
        self = []
        for word in words {
            guard let right = ChannelRights(word: word) else { throw .badRight(String(word)) }
            formUnion(right)
        }
    }
}

extension RightsEntry: OptionValue {
    static let valueName = "channel=rights"
    static let rule = "\(ChannelPattern.rule) Behind a = may stand rights: \(ChannelRights.allWords)."

    init?(argument: String) {
        guard let entry = try? RightsEntry(argument) else { return nil }
        self = entry
    }
}
