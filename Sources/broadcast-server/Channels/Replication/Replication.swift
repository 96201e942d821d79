import LWSSwift
import Logging
import Synchronization

/// A node's part in a cluster: follows the log, has each channel apply what is its, and gives what is to be unique.
///
/// Three stages: it *learns* what has come to pass before it came; it *waits* to be told who is there, at the place of its own
/// ``NodeEntry/hello(_:)``, since what it has read is not all that there was; from then on it is *current*. Where nobody can
/// tell it, it begins with what it has read (``NodeEntry/begin(_:)``). May be used on any thread.
final class Replication: Sendable {
    let log: any SharedLog
    /// For how long a change waits for its place.
    let patience: Duration
    private let maximumQueuedBytes: Int
    let logger: Logger
    let figures = ClusterFigures()
    private let state: Monitor<ReplicationState>
    /// What is not taken at the beginning is tried for ever.
    private let waitsAtStart: Bool
    private let onLoss: @Sendable (String) -> Void
    private let queuedBytes = Atomic(0)
    private let isLost = Atomic(false)
    private let lastPlace = Atomic<UInt64>(0)
    private let lastBatch = Atomic<UInt64>(0)
    /// The highest id of a member that was seen in the log.
    private let highestID = Atomic<UInt64>(0)
    /// What instants of the log's clock are counted from.
    private let origin = (instant: ContinuousClock.now, time: WallTime.now.milliseconds)

    /// What the loops have not applied may be so much, before the log has to wait.
    private static let maximumUnappliedBytes = 8 << 20
    /// So many ids of members are taken at a time.
    private static let idBlock = 128
    /// How long a node listens for others before it takes itself for the first.
    private static let listening = Duration.milliseconds(1_500)

    /// - Parameter onLoss: called once, on any thread, with the reason, when this node has lost its place in the log.
    init(
        _ log: any SharedLog,
        patience: Duration,
        maximumQueuedBytes: Int,
        logger: Logger,
        waitsAtStart: Bool = false,
        onLoss: @escaping @Sendable (String) -> Void
    ) {
        self.log = log
        self.waitsAtStart = waitsAtStart
        self.patience = patience
        self.maximumQueuedBytes = maximumQueuedBytes
        self.logger = logger
        self.onLoss = onLoss
        state = Monitor(ReplicationState())
    }

    var node: NodeID { log.node }

    /// Why nothing is taken, for people; nil while all is well.
    var trouble: String? {
        state.withLock { $0.trouble }
    }

    /// What members are to know of the cluster.
    var status: Status { trouble.map(Status.away) ?? .back }

    /// Bytes of changes that have no place yet.
    var queuedByteCount: Int { queuedBytes.load(ordering: .relaxed) }

    // MARK: Places and clocks

    /// The number that a channel begins with which is made now: that of the place that this node has come to.
    var number: UInt64 { EntryPlace.number(of: SharedPlace(rawValue: lastPlace.load(ordering: .relaxed))) }

    /// A moment of the log's clock, by which all nodes see who has not come back in time.
    func instant(_ time: Int64) -> ContinuousClock.Instant {
        origin.instant + .milliseconds(time - origin.time)
    }

    func time(_ instant: ContinuousClock.Instant) -> Int64 {
        origin.time + Int64(origin.instant.duration(to: instant) / .milliseconds(1))
    }

    func report(_ problem: String) {
        logger.event(.error, .cluster, "\(problem)")
    }

    func makeBatchID() -> BatchID {
        BatchID(node: node, number: lastBatch.add(1, ordering: .relaxed).newValue)
    }

    /// Which of the nodes that are there this one is, counted from 0: what one of them has to do, the first does, and the
    /// others if it does not.
    var rank: Int { state.withLock { $0.peers.count { $0 < node } } }

    // MARK: The queue

    /// Counts bytes of a change that waits for its place; false when too much waits already.
    ///
    /// - Parameter isSlowedDown: who says it is not read from while so much waits: while the log takes something, that is
    ///   enough.
    func beganWaiting(_ byteCount: Int, mayBeRefused: Bool, isSlowedDown: Bool) -> Bool {
        let total = queuedBytes.add(byteCount, ordering: .relaxed).newValue
        guard isLost.load(ordering: .relaxed) || mayBeRefused && total > maximumQueuedBytes else { return true }
        if isSlowedDown, trouble == nil { return true }
        endedWaiting(byteCount)
        return false
    }

    func endedWaiting(_ byteCount: Int) {
        guard queuedBytes.subtract(byteCount, ordering: .relaxed).newValue == 0 else { return }
        let waiting = state.withLock { state in
            defer { state.waitingForEnd = nil }
            return state.waitingForEnd
        }
        waiting?()
    }

    /// Has something called once no change waits for its place: at the latest when the patience with the last is over.
    func whenNothingWaits(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.waitingForEnd = body }
        // It may have been so before.
        if queuedByteCount == 0 { endedWaiting(0) }
    }

    // MARK: Ids of members

    /// Gives an id that nobody in the cluster has had; nil when none came in time.
    ///
    /// - Parameter body: called at once or later, on any thread.
    func withID(_ body: @escaping @Sendable (ClientID?) -> Void) {
        let (id, isToReserve) = state.withLock { state -> (ClientID?, Bool) in
            let id = state.takeID()
            if id == nil { state.waitingForIDs.append(body) }
            let isToReserve = state.idCount < Self.idBlock / 2 && !state.isReserving
            if isToReserve { state.isReserving = true }
            return (id, isToReserve)
        }
        if let id { body(id) }
        if isToReserve { reserve() }
    }

    /// A member has this id, on whatever node.
    func saw(_ id: ClientID) {
        // No cluster gives so many.
        if id.number < 1 << 53 { highestID.max(id.number, ordering: .relaxed) }
    }

    private func reserve(_ count: UInt64 = UInt64(idBlock)) {
        log.reserve(count, within: patience) { [self] result in
            let highest = highestID.load(ordering: .relaxed)
            // Where the count was lost with what the log has kept it in, it begins behind those that are known.
            if case .success(let first) = result, first <= highest {
                return reserve(highest - first + UInt64(Self.idBlock))
            }
            let calls = state.withLock { state -> [(ClientID?, @Sendable (ClientID?) -> Void)] in
                state.isReserving = false
                if case .success(let first) = result {
                    state.take((first + count - UInt64(Self.idBlock))...(first + count - 1))
                }
                let waiting = state.waitingForIDs
                state.waitingForIDs = []
                return waiting.map { (state.takeID(), $0) }
            }
            for (id, body) in calls { body(id) }
        }
    }
}

// MARK: The log

extension Replication {
    /// Follows the log for these channels; returns when this node is current, and fails when it is closed or has lost its place
    /// before. Blocks.
    func begin(_ directory: ChannelDirectory) throws(Failure) {
        state.withLock { $0.directory = directory }
        log.follow { [weak self] event in self?.take(event) }
        let firstTime = ContinuousClock.now + Self.listening
        while true {
            try append(.hello(node))
            let isCurrent = state.wait(atMost: .seconds(2)) { state -> Bool? in
                if state.loss != nil { return false }
                if case .current = state.stage { return true }
                if state.isClosed { return false }
                guard ContinuousClock.now >= firstTime, state.isFirst(node) else { return nil }
                return false
            }
            if isCurrent == true { return }
            if let loss = state.withLock({ $0.loss }) { throw Failure(.unavailable, "This node begins anew: \(loss).") }
            if state.withLock({ ContinuousClock.now >= firstTime && $0.isFirst(node) }) {
                try append(.begin(node))
                let isCurrent = state.wait(atMost: .seconds(5)) {
                    $0.isCurrent ? true : $0.isClosed || $0.loss != nil ? false : nil
                }
                if isCurrent == true { return }
            }
        }
    }

    private func append(_ entry: NodeEntry) throws(Failure) {
        let batch = SharedBatch(topic: .nodes, id: makeBatchID(), bytes: entry.bytes)
        while true {
            let result = Monitor<Result<SharedPlace, SharedLogFault>?>(nil)
            log.append(batch, within: patience) { answer in result.update { $0 = answer } }
            switch result.wait(until: { $0 }) {
            case .success: return
            case .failure(.unanswered) where waitsAtStart: continue
            case .failure(let fault): throw Failure(.unavailable, "The cluster takes nothing: \(fault).")
            }
        }
    }

    private func take(_ event: SharedLogEvent) {
        switch event {
        case .batch(let batch): take(batch)
        case .letter(let bytes): take(letter: bytes)
        case .appeared(let node): state.update { _ = $0.peers.insert(node) }
        case .vanished(let node): vanished(node)
        case .away(let reason): take(awayReason: reason)
        case .back: take(awayReason: nil)
        case .lost(let after, let before):
            lose("what stood between the places \(after.rawValue) and \(before.rawValue) is gone")
        case .replaced: lose("the stream has been made anew")
        }
    }

    /// The log is away, or back: everybody is told.
    private func take(awayReason: String?) {
        let (directory, trouble) = state.update { state in
            state.awayReason = awayReason
            return (state.directory, state.trouble)
        }
        if awayReason == nil { figures.cameBack() }
        let status = trouble.map(Status.away) ?? .back
        for channel in directory?.channels ?? [] { channel.home.execute { channel.announce(.status(status)) } }
    }

    /// This node has missed what it should have applied: it takes nothing and applies nothing any more, and has to come to the
    /// cluster anew, as another node. Its members come back with their positions, and are told by `gap` what they have missed.
    private func lose(_ reason: String) {
        let (isFirst, directory) = state.update { state in
            defer { if state.loss == nil { state.loss = reason } }
            return (state.loss == nil, state.directory)
        }
        guard isFirst else { return }
        isLost.store(true, ordering: .relaxed)
        logger.event(.error, .cluster, "This node has lost its place in the cluster: \(reason).")
        for channel in directory?.channels ?? [] { channel.home.execute { channel.giveUpAll() } }
        onLoss(reason)
    }

    /// A batch has come back from another place than the log had said: its servers have different ones.
    func placesDiffer() {
        lose("the servers of NATS do not have the same at the same places: see docs/cluster.md, Servers that differ")
    }

    private func vanished(_ gone: NodeID) {
        let isMine = state.update { state in
            state.peers.remove(gone)
            guard case .current = state.stage else { return false }
            return true
        }
        guard isMine else { return }
        // Each of the others tells it: to apply it once more does nothing.
        let batch = SharedBatch(topic: .nodes, id: makeBatchID(), bytes: NodeEntry.lost(gone).bytes)
        log.append(batch, within: .seconds(60)) { _ in }
    }

    private func take(_ batch: LoggedBatch) {
        // What comes now would stand behind a hole that nobody has been told of.
        guard !isLost.load(ordering: .relaxed) else { return }
        state.wait { $0.unappliedBytes <= Self.maximumUnappliedBytes || $0.isClosed ? () : nil }
        figures.took(batch.place)
        if case .nodes = batch.topic {
            do throws(EntryFault) {
                take(try NodeEntry(batch.bytes), batch)
            } catch {
                logger.event(.error, .cluster, "An entry of the nodes is not understood: \(error).")
            }
            return
        }
        takeInTurn(batch)
    }

    private func take(_ entry: NodeEntry, _ batch: LoggedBatch) {
        switch entry {
        case .hello(node):
            for earlier in state.update({ $0.restart(at: batch.place) }) { apply(earlier, isPast: true) }
            state.update { $0.hasHandedOn() }
            installTold()
        case .hello(let other): answer(other, at: batch.place)
        case .begin(node):
            guard let earlier = state.update({ $0.begin() }) else { return takeInTurn(batch) }
            for earlier in earlier { apply(earlier, isPast: true) }
            apply(batch, isPast: false)
        case .begin:
            state.withLock { $0.otherBegan() }
            takeInTurn(batch)
        case .lost: takeInTurn(batch)
        }
    }

    /// Applies a batch, unless it has to wait until this node knows who is there.
    private func takeInTurn(_ batch: LoggedBatch) {
        guard let isPast = state.withLock({ $0.isPast(batch) }) else { return }
        apply(batch, isPast: isPast)
    }

    /// - Parameter isPast: this node does not know yet who is there.
    private func apply(_ batch: LoggedBatch, isPast: Bool) {
        guard case .nodes = batch.topic else { return hand(batch) { $0.apply(batch, isPast: isPast) } }
        guard let entry = try? NodeEntry(batch.bytes) else { return }
        var gone: NodeID?
        switch entry {
        case .hello: return
        case .lost(let node): gone = node
        case .begin(let first):
            // What that one takes for true need not be what this one does: it has read the log from another place on.
            guard isPast || first == node else { return lose("another node has begun the cluster anew") }
        }
        lastPlace.store(batch.place.rawValue, ordering: .relaxed)
        let channels = state.withLock { $0.directory }?.channels ?? []
        for channel in channels { channel.home.execute { [gone] in channel.lost(gone, at: batch, isPast: isPast) } }
    }

    // MARK: Channels

    /// Has a channel do something on its home loop, behind everything that it was handed before.
    private func hand(_ batch: LoggedBatch, _ body: @escaping @Sendable (Channel) -> Void) {
        lastPlace.store(batch.place.rawValue, ordering: .relaxed)
        guard let name = batch.topic.channel, let directory = state.withLock({ $0.directory }) else { return }
        do throws(ChannelTable<Channel>.TooManyChannels) {
            let channel = try directory.enter(name)
            let byteCount = batch.bytes.count
            state.withLock { $0.unappliedBytes += byteCount }
            channel.home.execute { [self] in
                body(channel)
                directory.leave(channel, isEmpty: channel.isEmpty)
                state.withLock { $0.unappliedBytes -= byteCount }
                state.wake()
            }
        } catch {
            logger.event(.error, .cluster, "The channel \(name) is not followed: there are too many.")
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Tells nobody anything any more.
    func close() {
        let wasClosed = state.update { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if !wasClosed { reportFigures() }
        log.close()
    }
}

// MARK: Who is there

extension Replication {
    /// A node has come: all that know tell it who is there, at this very place of the log, and it takes what is complete first.
    private func answer(_ other: NodeID, at place: SharedPlace) {
        let (isCurrent, directory) = state.withLock { ($0.isCurrent, $0.directory) }
        log.send(NodeLetter(node, at: place, .stage(isCurrent: isCurrent)).bytes, to: other)
        guard isCurrent, let channels = directory?.channels else { return }
        let end = NodeLetter(node, at: place, .end(channels: channels.count)).bytes
        guard !channels.isEmpty else { return log.send(end, to: other) }
        let rest = SharedRest(channels.count)
        for channel in channels {
            channel.home.execute { [self] in
                for part in channel.told.parts(maximumBytes: log.maximumBatchBytes / 2) {
                    log.send(NodeLetter(node, at: place, .part(part)).bytes, to: other)
                }
                if rest.takeOne() == 0 { log.send(end, to: other) }
            }
        }
    }

    private func take(letter bytes: [UInt8]) {
        guard let letter = NodeLetter(bytes) else {
            return logger.event(.error, .cluster, "A letter of a node is not understood.")
        }
        state.update { $0.take(letter) }
        installTold()
    }

    /// Takes over what was told, if that is all, then what has come since. On a thread of the log's.
    private func installTold() {
        guard let channels = state.update({ $0.takeTold() }), let directory = state.withLock({ $0.directory }) else {
            return
        }
        // In a channel that nobody has told of there is nobody, whatever was read of it.
        let names = Set(channels.map(\.name))
        for channel in directory.channels where !names.contains(channel.name.text) {
            channel.home.execute { channel.install(ToldChannel(name: channel.name.text)) }
        }
        for told in channels {
            guard let name = ChannelName(checking: told.name), let channel = try? directory.enter(name) else {
                continue
            }
            channel.home.execute {
                channel.install(told)
                directory.leave(channel, isEmpty: channel.isEmpty)
            }
        }
        // What came behind the hello goes before what comes now: both are handed on under the eyes of nobody else.
        while true {
            let next = state.update { state -> LoggedBatch? in
                guard case .waiting(var later) = state.stage else { return nil }
                guard !later.isEmpty else {
                    state.stage = .current
                    return nil
                }
                let first = later.removeFirst()
                state.stage = .waiting(later)
                return first
            }
            guard let next else { return }
            apply(next, isPast: false)
        }
    }
}
