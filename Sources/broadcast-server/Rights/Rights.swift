/// What somebody may do, and where: rights for patterns of channels. Those of all patterns that match a channel add up; there
/// is nothing that takes one away.
///
/// It is a value: what a token says, what a line of the token file says, and what those may who show no token, are all one.
struct Rights: Sendable, Equatable {
    /// In one value. A channel's rights are looked up once by who comes to it, so a few more would cost nobody else.
    static let maximumPatterns = 100

    /// Nothing anywhere.
    static let none = Rights()
    /// Everything that members do, everywhere: a server where no token is needed.
    static let open = Rights([(.all, .member)])

    private var entries: [ChannelPattern: ChannelRights] = [:]

    private init() {}

    /// - Parameter entries: those of equal patterns add up.
    init(_ entries: [(ChannelPattern, ChannelRights)]) {
        self.entries = Dictionary(entries) { $0.union($1) }
    }

    /// - Parameter entries: those of equal patterns add up.
    init(_ entries: [RightsEntry]) {
        self.init(entries.map { ($0.pattern, $0.rights) })
    }

    var isEmpty: Bool { entries.isEmpty }

    /// What may be done in a channel.
    func `in`(_ channel: ChannelName) -> ChannelRights {
        entries.reduce(into: []) { rights, entry in
            if entry.key.matches(channel) { rights.formUnion(entry.value) }
        }
    }

    /// Pattern by pattern, sorted by how they are written.
    var list: [(pattern: ChannelPattern, rights: ChannelRights)] {
        entries.map { ($0.key, $0.value) }.sorted { $0.pattern.description < $1.pattern.description }
    }
}
