/// The channels there are, by name, in the order in which they were used.
///
/// At most ``maximumCount``. One that is used by nobody, but remembers something, gives way to a new one: the one that was
/// used longest ago first.
struct ChannelTable<Channel: AnyObject & Sendable>: Sendable {
    static var maximumCount: Int { 10_000 }

    private struct Entry: Sendable {
        let channel: Channel
        /// Its members, and those on their way to become one.
        var uses: Int
    }

    private var entries = RecencyMap<ChannelName, Entry>()
    /// Those that are used by nobody: with all in use, to look for one must not take as long as there are channels.
    private var idle = RecencyMap<ChannelName, Void>()

    var count: Int { entries.count }
    /// From the one that was used longest ago to the latest.
    var channels: [Channel] { entries.map(\.value.channel) }

    /// Why a channel cannot be entered.
    struct TooManyChannels: Error, Equatable {}

    /// Whether a channel is there, or may be made.
    func hasRoom(for name: ChannelName) -> Bool {
        entries[name] != nil || entries.count < Self.maximumCount || !idle.isEmpty
    }

    /// The channel of a name, if there is one.
    subscript(name: ChannelName) -> Channel? { entries[name]?.channel }

    /// Begins a use of a channel, which is made if there is none of that name.
    ///
    /// - Returns: with the channel, the one that had to give way.
    mutating func enter(
        _ name: ChannelName,
        make: () -> Channel
    ) throws(TooManyChannels) -> (channel: Channel, evicted: Channel?) {
        if let entry = entries[name] {
            entries[name]?.uses += 1
            entries.touch(name)
            idle.removeValue(forKey: name)
            return (entry.channel, nil)
        }
        var evicted: Channel?
        if entries.count == Self.maximumCount {
            guard let unused = idle.removeFirst() else { throw TooManyChannels() }
            evicted = entries.removeValue(forKey: unused.key)?.channel
        }
        let channel = make()
        entries[name] = Entry(channel: channel, uses: 1)
        return (channel, evicted)
    }

    /// Begins further uses of a channel.
    mutating func use(_ channel: Channel, _ name: ChannelName, _ count: Int) {
        guard let entry = entries[name], entry.channel === channel else { return }
        entries[name]?.uses += count
    }

    /// Ends uses of a channel.
    ///
    /// - Parameters:
    ///   - channel: may have had to give way meanwhile, when it had no use.
    ///   - isEmpty: it remembers nothing: with its last use it goes.
    /// - Returns: whether it has gone.
    @discardableResult
    mutating func leave(_ channel: Channel, _ name: ChannelName, uses: Int = 1, isEmpty: Bool) -> Bool {
        guard let entry = entries[name], entry.channel === channel else { return false }
        let isUsed = entry.uses > uses
        guard isUsed || !isEmpty else {
            entries.removeValue(forKey: name)
            idle.removeValue(forKey: name)
            return true
        }
        entries[name]?.uses -= uses
        if uses > 0 { entries.touch(name) }
        if !isUsed, idle[name] == nil { idle[name] = () }
        return false
    }

    /// A channel was used without being entered.
    mutating func touch(_ name: ChannelName) {
        entries.touch(name)
        idle.touch(name)
    }
}
