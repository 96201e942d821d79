/// The channels there are, by name, in the order in which they were used.
///
/// There are only so many; the one without a name comes on top, so that it is always there. One that is used by nobody, but
/// remembers something, gives way to a new one: one that the same address has made, if it has made several, or the one that
/// was used longest ago.
struct ChannelTable<Channel: AnyObject & Sendable>: Sendable {
    static var maximumCount: Int { 10_000 }

    private struct Entry: Sendable {
        let channel: Channel
        /// Its members, and those on their way to become one.
        var uses: Int
        /// nil where nobody is known to have made it.
        let maker: AddressShare?
    }

    /// What one address has made.
    private struct Made: Sendable {
        var count = 0
        /// Those that are used by nobody.
        var idle = RecencyMap<ChannelName, Void>()
    }

    private var entries = RecencyMap<ChannelName, Entry>()
    /// Those that are used by nobody: with all in use, to look for one must not take as long as there are channels.
    private var idle = RecencyMap<ChannelName, Void>()
    private var made: [AddressShare: Made] = [:]

    var count: Int { entries.count }
    /// From the one that was used longest ago to the latest.
    var channels: [Channel] { entries.map(\.value.channel) }

    /// Why a channel cannot be entered.
    struct TooManyChannels: Error, Equatable {
        /// It is the address that has made too many, and others may make some.
        var isOfAddress = false

        var refusal: Refusal { isOfAddress ? .addressHasTooManyChannels : .tooManyChannels }
    }

    /// How many channels there may be.
    struct Bounds: Sendable {
        var all = ChannelTable.maximumCount
        /// Who makes one that is not there; nil where nobody is known.
        var maker: AddressShare?
        /// How many it may have made; nil for as many as it likes.
        var ofMaker: Int?
    }

    /// Why a channel cannot be entered; nil when it is there, or may be made.
    func refusal(of name: ChannelName, within bounds: Bounds = Bounds()) -> TooManyChannels? {
        guard entries[name] == nil, name != .default else { return nil }
        do throws(TooManyChannels) {
            _ = try victim(within: bounds)
            return nil
        } catch {
            return error
        }
    }

    /// The channel of a name, if there is one.
    subscript(name: ChannelName) -> Channel? { entries[name]?.channel }

    /// Begins a use of a channel, which is made if there is none of that name.
    ///
    /// - Returns: with the channel, the one that had to give way.
    mutating func enter(
        _ name: ChannelName,
        within bounds: Bounds = Bounds(),
        make: () -> Channel
    ) throws(TooManyChannels) -> (channel: Channel, evicted: Channel?) {
        if let entry = entries[name] {
            entries[name]?.uses += 1
            entries.touch(name)
            noteUse(name, entry)
            return (entry.channel, nil)
        }
        let victim = name == .default ? nil : try victim(within: bounds)
        let evicted = victim.flatMap { remove($0) }
        let channel = make()
        let maker = name == .default ? nil : bounds.maker
        entries[name] = Entry(channel: channel, uses: 1, maker: maker)
        if let maker { made[maker, default: Made()].count += 1 }
        return (channel, evicted)
    }

    /// The one that has to give way to a new one; nil when none has to.
    private func victim(within bounds: Bounds) throws(TooManyChannels) -> ChannelName? {
        let own = bounds.maker.flatMap { made[$0] }
        if let own, let most = bounds.ofMaker, own.count >= most {
            guard let unused = own.idle.first else { throw TooManyChannels(isOfAddress: true) }
            return unused.key
        }
        guard entries.count - (entries[.default] == nil ? 0 : 1) >= bounds.all else { return nil }
        let ownUnused = own?.count ?? 0 > 1 ? own?.idle.first?.key : nil
        guard let unused = ownUnused ?? idle.first?.key else { throw TooManyChannels() }
        return unused
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
            remove(name)
            return true
        }
        entries[name]?.uses -= uses
        if uses > 0 { entries.touch(name) }
        if !isUsed { noteEndOfUse(name, entry) }
        return false
    }

    /// A channel was used without being entered.
    mutating func touch(_ name: ChannelName) {
        entries.touch(name)
        idle.touch(name)
        if let maker = entries[name]?.maker { made[maker]?.idle.touch(name) }
    }

    private mutating func noteUse(_ name: ChannelName, _ entry: Entry) {
        idle.removeValue(forKey: name)
        if let maker = entry.maker { made[maker]?.idle.removeValue(forKey: name) }
    }

    /// Nobody keeps it from giving way; the one without a name never does.
    private mutating func noteEndOfUse(_ name: ChannelName, _ entry: Entry) {
        guard name != .default, idle[name] == nil else { return }
        idle[name] = ()
        if let maker = entry.maker { made[maker]?.idle[name] = () }
    }

    @discardableResult
    private mutating func remove(_ name: ChannelName) -> Channel? {
        guard let entry = entries.removeValue(forKey: name) else { return nil }
        noteUse(name, entry)
        if let maker = entry.maker {
            made[maker]?.count -= 1
            if made[maker]?.count == 0 { made[maker] = nil }
        }
        return entry.channel
    }
}
