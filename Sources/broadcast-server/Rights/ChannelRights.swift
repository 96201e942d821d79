/// What somebody may do in a channel. Each is a right of its own; none brings another with it.
struct ChannelRights: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    /// To get what is said there from now on: to be a member, or to listen to its events.
    static let subscribe = ChannelRights(rawValue: 1 << 0)
    /// To say something there.
    static let publish = ChannelRights(rawValue: 1 << 1)
    /// To be told who is there, and who comes and goes.
    static let presence = ChannelRights(rawValue: 1 << 2)
    /// To get what was said before.
    static let history = ChannelRights(rawValue: 1 << 3)
    /// To have others leave, and what else only those do who see to a channel.
    static let admin = ChannelRights(rawValue: 1 << 4)

    /// Those of a member: all but ``admin``. It is what a channel without words gives.
    static let member: ChannelRights = [.subscribe, .publish, .presence, .history]

    private static let words: [(text: String, right: ChannelRights)] = [
        ("subscribe", .subscribe), ("publish", .publish), ("presence", .presence), ("history", .history),
        ("admin", .admin),
    ]
}

extension ChannelRights {
    /// The right of a word; nil for any other word.
    init?(word: some StringProtocol) {
        guard let found = Self.words.first(where: { $0.text == word }) else { return nil }
        self = found.right
    }

    /// Their words, in a fixed order.
    var words: [String] {
        Self.words.filter { contains($0.right) }.map(\.text)
    }

    /// All words there are, for whoever has used another.
    static var allWords: String { words.map(\.text).joined(separator: ", ") }
}
