import LWSSwift
import Synchronization

/// All channels, by their names, and what they have to share: their number, the sessions that are remembered, and the memory
/// of all histories. May be used on any thread; its locks are held for a look-up alone.
final class ChannelDirectory: Sendable {
    private let loops: [ServiceLoop]
    private let settings: ChatSettings
    private let limits: Limits
    private let table = Monitor(ChannelTable<Channel>())
    private let absent = Monitor(AbsentSessions<AbsentSession>())
    private let lastID = Atomic<UInt64>(0)
    private let publisherKeys = Atomic(0)
    /// nil when nothing is kept.
    private let budget: HistoryBudget?
    private let isWatchingAge = Atomic(false)
    /// What outlives the server; nil when nothing does.
    private let store: StateStore?
    /// The cluster of this server; nil without one.
    private let replication: Replication?
    let counters: ServiceCounters

    /// - Parameter loops: the channels are spread over them.
    init(
        on loops: [ServiceLoop],
        _ settings: ChatSettings,
        _ limits: Limits,
        _ store: StateStore?,
        _ replication: Replication? = nil,
        counters: ServiceCounters = ServiceCounters()
    ) {
        self.limits = limits
        self.counters = counters
        self.replication = replication
        self.loops = loops
        self.settings = settings
        self.store = store
        lastID.store(store?.lastMember ?? 0, ordering: .relaxed)
        // The directory is not made yet; nothing is kept before it is.
        let review = Monitor<Handler<Void>?>(nil)
        budget = settings.history.map { history in
            HistoryBudget(maximumBytes: history.maximumTotalBytes) { review.withLock { $0 }?.call(()) }
        }
        let loop = loops[0]
        review.update { handler in
            handler = Handler { [weak self] in loop.execute { [weak self] in self?.makeRoom(on: loop) } }
        }
    }

    /// What each channel keeps.
    private var history: BroadcastGroup.History {
        settings.history.map {
            BroadcastGroup.History(
                maximumMessages: $0.maximumMessages,
                maximumBytes: $0.maximumBytes,
                maximumAge: $0.maximumAge,
                budget: budget
            )
        } ?? .none
    }

    // MARK: Channels

    /// Why a channel cannot be entered; nil when it is there, or may be made.
    func refusal(of name: ChannelName, by principal: Principal) -> ChannelTable<Channel>.TooManyChannels? {
        let bounds = limits.channelBounds(for: principal)
        return table.withLock { $0.refusal(of: name, within: bounds) }
    }

    /// What is left of what may be sent in a channel; nil when there is none of that name.
    func meter(of name: ChannelName) -> SharedMeter? {
        table.withLock { $0[name]?.meter }
    }

    /// The channel of a name, for a use that ``leave(_:uses:isEmpty:)`` ends. It is made if there is none.
    ///
    /// - Parameter principal: who has it made; nil for nobody who is known.
    func enter(
        _ name: ChannelName,
        by principal: Principal? = nil
    ) throws(ChannelTable<Channel>.TooManyChannels) -> Channel {
        let bounds = limits.channelBounds(for: principal)
        let result = table.withLock { table in
            Result { () throws(ChannelTable<Channel>.TooManyChannels) in
                let result = try table.enter(name, within: bounds) {
                    Channel(
                        name,
                        on: loops(for: name),
                        settings,
                        history: history,
                        in: self,
                        kept: store,
                        on: replication
                    )
                }
                result.evicted?.endUse()
                return result
            }
        }
        let (channel, evicted) = try result.get()
        evicted?.retire()
        if store != nil { channel.begin() }
        watchAge()
        return channel
    }

    /// The channel of a name, for a use that ``leave(_:uses:isEmpty:)`` ends; nil when there is none, in the state directory
    /// neither.
    func visit(_ name: ChannelName) throws(ChannelTable<Channel>.TooManyChannels) -> Channel? {
        guard table.withLock({ $0[name] != nil }) || store?.has(name) == true else { return nil }
        return try enter(name)
    }

    /// Ends uses of a channel.
    ///
    /// - Parameter isEmpty: it remembers nothing, so that it goes with its last use.
    func leave(_ channel: Channel, uses: Int = 1, isEmpty: Bool) {
        table.withLock { table in
            // Within the lock: the next channel of this name is not to go on with its numbers.
            if table.leave(channel, channel.name, uses: uses, isEmpty: isEmpty) { channel.forget() }
        }
    }

    /// Begins further uses of a channel that is in use.
    func use(_ channel: Channel, _ count: Int) {
        table.withLock { $0.use(channel, channel.name, count) }
    }

    /// Those that there are now.
    var channels: [Channel] { table.withLock { $0.channels } }

    /// Forgets all channels, when the server has ended.
    func removeAll() {
        table.withLock { $0 = ChannelTable() }
    }

    /// The loops, beginning with the home of a channel: the same for one name, and spread evenly over names.
    private func loops(for name: ChannelName) -> [ServiceLoop] {
        let home = Int(truncatingIfNeeded: name.stableHash % UInt64(loops.count))
        return [loops[home]] + loops[..<home] + loops[(home + 1)...]
    }

    /// An id that no member of this server has had.
    func makeID() -> ClientID {
        let id = ClientID(number: lastID.add(1, ordering: .relaxed).newValue)
        store?.willUse(id)
        return id
    }

    // MARK: Sessions without a connection

    /// How many there are.
    var absentCount: Int { absent.withLock { $0.count } }

    /// A session has lost its connection; another one, perhaps of another channel, may have to be given up for it.
    func sessionWasLost(_ session: AbsentSession, of share: AddressShare) {
        let (all, ofShare) = limits.sessionBounds
        let victim = absent.withLock { $0.add(session, of: share, maximumCount: all, maximumShare: ofShare) }
        guard let victim else { return }
        victim.channel.giveUp(victim.id)
    }

    /// Sessions have a connection again, or are forgotten.
    func sessionsAreGone(_ sessions: [AbsentSession]) {
        guard !sessions.isEmpty else { return }
        absent.withLock { absent in
            for session in sessions { absent.remove(session) }
        }
    }

    // MARK: Keys of publishers

    /// How many all channels remember.
    var publisherKeyCount: Int { publisherKeys.load(ordering: .relaxed) }

    /// A channel has remembered some more, or forgotten some.
    func publisherKeysChanged(by difference: Int) {
        publisherKeys.add(difference, ordering: .relaxed)
    }

    // MARK: Memory of all histories

    /// Has the channels that were used longest ago give up their histories while all take too much together.
    private func makeRoom(on loop: ServiceLoop) {
        guard let budget, budget.byteCount > budget.maximumBytes else { return }
        let channels = table.withLock { table in
            for channel in table.channels where channel.takeUse() { table.touch(channel.name) }
            return table.channels
        }
        // Some more, so that it is not to be done again for the next message.
        var excess = budget.byteCount - budget.maximumBytes / 8 * 7
        for channel in channels where excess > 0 {
            excess -= channel.group.historyByteCount
            channel.dropHistory()
        }
        // It may have grown meanwhile, of which nobody tells before it has been small enough.
        loop.call(after: .milliseconds(100)) { [weak self] in self?.makeRoom(on: loop) }
    }
}

extension ChannelDirectory {
    /// Looks now and then for messages that are too old, as long as there are channels: where nothing is said any more, nobody
    /// else does.
    private func watchAge() {
        guard let age = settings.history?.maximumAge, !isWatchingAge.exchange(true, ordering: .relaxed) else { return }
        let interval = min(max(age / 8, .seconds(1)), .seconds(600))
        loops[0].execute { [self] in
            loops[0].call(after: interval) { [weak self] in self?.endAge() }
        }
    }

    private func endAge() {
        isWatchingAge.store(false, ordering: .relaxed)
        let channels = table.withLock { $0.channels }
        for channel in channels { channel.trimHistory() }
        if !channels.isEmpty { watchAge() }
    }
}

/// A session of a channel that has no connection.
struct AbsentSession: Sendable {
    let channel: Channel
    let id: SessionID
}

extension AbsentSession: Hashable {
    static func == (one: AbsentSession, other: AbsentSession) -> Bool {
        one.channel === other.channel && one.id == other.id
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(channel))
        hasher.combine(id)
    }
}
