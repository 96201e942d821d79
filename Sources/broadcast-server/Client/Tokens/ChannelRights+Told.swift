extension ChannelRights {
    /// Whether the words that a server sends give a client a right; without any, it may do what all members do.
    static func told(_ words: [String]?, include right: ChannelRights) -> Bool {
        words.map { $0.contains { ChannelRights(word: $0) == right } } ?? true
    }
}
