internal import DequeModule
internal import Logging

/// One connection's place in a ``BroadcastGroup``.
///
/// It is a name for the membership, to be carried anywhere; what it does happens on the connection's loop.
///
/// Reason for the unchecked conformance: the variables are touched on the loop's thread only, which the public calls check
/// and which the lane and the connection, confined themselves, call from.
public final class BroadcastMember: @unchecked Sendable {
    /// The group that it is a place in.
    public let group: BroadcastGroup
    let lane: BroadcastLane
    let core: ConnectionCore

    // MARK: Confined to the loop's thread

    /// Let go of when it leaves, since the closure may well lead back here.
    private var lossHandler: ((BroadcastLoss) -> Void)?
    /// The next byte it is to be sent, while it stands apart.
    private(set) var cursor = LogPosition(slab: 0, offset: 0)
    /// It reads no further than this: it is closing, or skips what is new.
    private var stop: Stop?
    /// Parts of the log behind the cursor that are not for it, in order.
    private var skips: Deque<Skip> {
        @inline(__always) _read { yield unsafe uncheckedSkips }
        @inline(__always) _modify { yield unsafe &uncheckedSkips }
    }
    /// Not checked at run time for overlapping accesses, for the same reason as the log of the lane.
    @exclusivity(unchecked) private var uncheckedSkips: Deque<Skip> = []
    /// When it last took something, in milliseconds of the loop's clock.
    private(set) var lastProgress: UInt64 = 0
    private var bytesHeldBySystem: Int32 = 0
    var standing = Standing.left
    /// It is one of those that the group's publishers wait for.
    var isWaitedFor = false

    /// Where a member stands towards the log of its lane.
    enum Standing: Equatable {
        /// It has everything that the lane has flushed, and its socket takes more: its index among the lane's ready members.
        case ready(Int32)
        /// It reads from ``cursor``: its index among the lane's members that are apart.
        case apart(Int32)
        case left
    }

    /// Rare, and so not a part of each member.
    private final class Stop {
        let position: LogPosition
        /// Messages of the lane before it.
        let message: Int
        let purpose: Purpose
        /// Messages of its own behind it.
        var ownMessages = 0

        init(position: LogPosition, message: Int, purpose: Purpose) {
            self.position = position
            self.message = message
            self.purpose = purpose
        }
    }

    /// Why a member reads no further than to some place.
    private enum Purpose {
        /// It goes on with what is new then once it has got that far.
        case catchUp
        /// Its connection closes.
        case close
        /// It has left, in the middle of a message.
        case leave
    }

    private struct Skip {
        var start: LogPosition
        var end: LogPosition
        /// Messages of its own in it, which are no loss.
        var ownMessages: Int
        /// The slabs between the two were given up already.
        var isGivenUp = false

        /// Takes in one more message of its own; false when that is not right behind it.
        mutating func extend(by range: Range<LogPosition>) -> Bool {
            guard end == range.lowerBound, !isGivenUp else { return false }
            end = range.upperBound
            ownMessages += 1
            return true
        }
    }

    /// Own messages between others' that a member apart may have in the log; beyond, it counts as too far behind.
    static let maximumSkips = 4_096

    init(_ group: BroadcastGroup, _ lane: BroadcastLane, _ core: ConnectionCore) {
        self.group = group
        self.lane = lane
        self.core = core
        lastProgress = core.loop.now
    }

    /// The connection that is the member.
    public var connection: WebSocketConnection { WebSocketConnection(core: core) }

    private var shard: BroadcastShard { lane.shard }

    /// Has `body` called when the member was not sent some messages, with
    /// ``SlowMemberPolicy/Action-swift.enum/dropOldest`` or ``SlowMemberPolicy/Action-swift.enum/dropNewest``: the place to
    /// tell it so. It may send, leave and close. On the connection's loop only; released when the member has left.
    public func onLoss(_ body: ((BroadcastLoss) -> Void)?) {
        core.loop.preconditionIsCurrent("BroadcastMember.onLoss")
        lossHandler = standing == .left ? nil : body
    }

    /// Leaves the group: what was sent before is written as far as the socket takes it, and to the end of a message, nothing
    /// more comes. Does nothing when it has left, as it does by itself when its connection ends. On the connection's loop
    /// only.
    public func leave() {
        core.loop.preconditionIsCurrent("BroadcastMember.leave")
        guard standing != .left, !isLeaving else { return }
        core.writeBeforeLeaving(self)
        if core.isOpen, isWithinMessage {
            leaveBehindMessage()
        } else {
            remove()
        }
    }

    /// It has left, but for a message that is under way.
    var isLeaving: Bool { stop?.purpose == .leave }

    /// Reads to the end of the message that is under way only, since the connection goes on, and nothing may come between
    /// the fragments of a message (RFC 6455 section 5.4).
    private func leaveBehindMessage() {
        let end = endOfMessage
        if let stop {
            lane.log.moveReader(
                from: LogPosition(slab: end.slab + 1, offset: 0),
                to: LogPosition(slab: stop.position.slab + 1, offset: 0)
            )
        } else {
            // The slabs of a gap, which begins there, were given up already.
            let last = max(end.slab, (gap?.end.slab ?? 0) - 1)
            lane.log.closeReader(at: LogPosition(slab: last, offset: 0))
        }
        skips = []
        stop = Stop(position: end, message: lane.log.messageCount, purpose: .leave)
        lane.count.add(-1)
        shard.doNotWait(for: self)
    }

    // MARK: Standing

    /// Takes its place behind the last message so far.
    func join() {
        lane.count.add(1)
        core.memberships.append(self)
        if lane.log.flushed == lane.log.end, core.hasNothingToWrite {
            lane.addReady(self)
        } else {
            // What waits for the end of the turn is older than the membership, or was sent to it alone before.
            standApart(at: lane.log.end)
            core.markForFlush()
        }
    }

    /// Gives up its place, and what it was behind.
    func remove() {
        guard standing != .left else { return }
        if !isLeaving { lane.count.add(-1) }
        switch standing {
        case .ready: lane.removeReady(self)
        case .apart:
            dropBacklog()
            lane.removeApart(self)
        case .left: break
        }
        standing = .left
        lossHandler = nil
        core.memberships.remove(self)
        shard.doNotWait(for: self)
    }

    /// Stands apart from the members that the end of the turn writes to in one go: from here on it is the connection that
    /// writes to it, in order with what it sends itself.
    func standApart() {
        guard case .ready = standing else { return }
        lane.removeReady(self)
        standApart(at: lane.log.flushed)
    }

    private func standApart(at position: LogPosition) {
        cursor = position
        lane.log.addReader(at: position)
        lane.addApart(self)
    }

    /// The socket is full: lws holds what was written up to `position`.
    func fellBehind(at position: LogPosition) {
        standApart(at: position)
    }

    /// It has taken everything up to the end of the last turn: back to the others, unless it has a reason to stand apart.
    func rejoinIfCaughtUp() {
        guard case .apart = standing, peek(limit: lane.log.flushed) == nil else { return }
        var lost = 0
        if let stop {
            guard peek(limit: stop.position) == nil else { return }
            switch stop.purpose {
            case .catchUp: lost = reopen(after: stop)
            case .close: return
            case .leave: return remove()
            }
        }
        if skips.isEmpty, cursor <= lane.log.flushed {
            lane.log.removeReader(at: cursor)
            lane.removeApart(self)
            lane.addReady(self)
        } else {
            // What waits for the end of the turn is not for it.
            core.markForFlush()
        }
        // Last, since whoever hears of it may send, leave or close.
        report(lost)
    }

    private func dropBacklog() {
        if let gap { pass(gap) }
        if let stop {
            lane.log.removeReader(at: cursor, closedAt: stop.position)
        } else {
            lane.log.removeReader(at: cursor)
        }
        skips = []
        stop = nil
    }

    // MARK: Reading

    /// Whether it was sent some fragments of a message and not the others.
    var isWithinMessage: Bool {
        guard case .apart = standing, let next = lane.log.piece(at: cursor, limit: lane.log.end) else { return false }
        return unsafe ServerFrame(at: next.start).opcode == .continuation
    }

    /// The end of the message that is under way.
    var endOfMessage: LogPosition {
        let next = lane.log.nextMessage(from: cursor)
        // What follows the place where it stops may have gone from the log.
        return stop.map { min($0.position, next) } ?? next
    }

    /// What it is to be sent next, not beyond `limit`.
    func peek(limit: LogPosition) -> FrameLog.Piece? {
        let limit = stop.map { min($0.position, limit) } ?? limit
        while let skip = skips.first, skip.start < limit {
            if cursor < skip.start, let piece = lane.log.piece(at: cursor, limit: skip.start) { return piece }
            pass(skip)
            skips.removeFirst()
        }
        return lane.log.piece(at: cursor, limit: limit)
    }

    /// It was sent what ``peek(limit:)`` gave.
    func advance(to position: LogPosition) {
        lane.log.moveReader(from: cursor, to: position)
        cursor = position
    }

    private func pass(_ skip: Skip) {
        guard cursor < skip.end else { return }
        if skip.isGivenUp {
            // Only the slab that the skip begins in was kept.
            let behind = LogPosition(slab: min(skip.start.slab + 1, skip.end.slab), offset: 0)
            lane.log.moveReader(from: cursor, to: behind)
        } else {
            lane.log.moveReader(from: cursor, to: skip.end)
        }
        cursor = skip.end
    }

    /// Leaves out a message of its own, which was appended last.
    func leaveOut(_ range: Range<LogPosition>) {
        guard standing != .left else { return }
        if let stop {
            stop.ownMessages += 1
        } else {
            addSkip(range)
        }
        core.markForFlush()
    }

    private func addSkip(_ range: Range<LogPosition>) {
        let last = skips.count - 1
        if last < 0 || !skips[last].extend(by: range) {
            skips.append(Skip(start: range.lowerBound, end: range.upperBound, ownMessages: 1))
        }
    }

    /// Whether something in the log is still to be sent before a frame that is queued now.
    var unsentMark: OutboundQueue.Mark? {
        guard case .apart = standing, cursor < lane.log.end || !skips.isEmpty else { return nil }
        return OutboundQueue.Mark(member: self, position: stop?.position ?? lane.log.end)
    }

    // MARK: Falling behind

    /// Bytes it has not been sent, own messages included.
    var bytesBehind: Int {
        guard case .apart = standing else { return 0 }
        var count = lane.log.bytesBehind(cursor)
        if let gap { count -= lane.log.bytesBehind(gap.start) - lane.log.bytesBehind(gap.end) }
        if let stop { count -= lane.log.bytesBehind(stop.position) }
        return count
    }

    /// How long the oldest message that it has not been sent has waited, in milliseconds.
    func timeBehind(_ now: UInt64) -> UInt64 {
        guard case .apart = standing, cursor < lane.log.flushed else { return 0 }
        return now - lane.times.time(of: cursor, now: now)
    }

    /// The socket took something.
    func madeProgress(_ now: UInt64) {
        lastProgress = now
        shard.madeProgress(self)
    }

    /// Asks the system whether the peer has taken something since the last time: a socket is said to be writable only when
    /// a third of its buffer is free, which is too seldom to tell a slow reader from one that stands still.
    func lookForProgress(_ now: UInt64) {
        let count = core.bytesHeldBySystem
        if count != bytesHeldBySystem { lastProgress = now }
        bytesHeldBySystem = count
    }

    /// When a message last went to it, for the timeout of idle connections.
    var lastDelivery: UInt64 {
        if case .ready = standing { lane.lastFlush } else { lastProgress }
    }

    /// Has it reached a limit of the policy?
    func isTooFarBehind(_ policy: SlowMemberPolicy, maximumTime: UInt64?, _ now: UInt64) -> Bool {
        guard stop == nil else { return false }
        if bytesBehind > policy.maximumBytesBehind || skips.count > Self.maximumSkips { return true }
        guard let maximumTime else { return false }
        return timeBehind(now) > maximumTime
    }

    /// Does what the policy says about a member that has reached a limit.
    func apply(_ policy: SlowMemberPolicy, maximumTime: UInt64?, _ now: UInt64) {
        switch policy.action {
        case .close:
            shard.loop.logger.debug("connection \(core.id) is closed: it does not keep up with its group")
            remove()
            core.fail(.policyViolation, "too slow")
        case .dropOldest: dropOldest(upTo: firstKept(policy, maximumTime: maximumTime, now))
        case .dropNewest: dropNewest()
        }
    }

    /// The part that was given up because the member was too far behind, as long as it is still before it: while a message
    /// is under way, which is sent to its end.
    private var gap: Skip? { skips.first { $0.isGivenUp } }

    /// The first message that it is still sent, so that it is within all limits again.
    private func firstKept(_ policy: SlowMemberPolicy, maximumTime: UInt64?, _ now: UInt64) -> LogPosition {
        guard skips.count <= Self.maximumSkips else { return lane.log.end }
        var first = cursor
        if bytesBehind > policy.maximumBytesBehind { first = lane.log.message(within: policy.maximumBytesBehind / 2) }
        if let maximumTime, timeBehind(now) > maximumTime {
            first = max(first, lane.times.position(since: now - maximumTime) ?? lane.log.flushed)
        }
        return first
    }

    /// Leaves out the messages before `end`. One that is under way is sent to its end.
    private func dropOldest(upTo end: LogPosition) {
        let start = lane.log.nextMessage(from: cursor)
        // What was left out before, and was not passed since, is neither lost nor given up once more.
        let oldEnd = gap?.end ?? start
        guard oldEnd < end else { return }
        let endMessage = lane.log.messages(before: end)
        var lost = endMessage - lane.log.messages(before: oldEnd)
        var ownMessages = 0
        var kept: Deque<Skip> = []
        for var skip in skips {
            if skip.isGivenUp {
                ownMessages += skip.ownMessages
            } else if skip.end <= end {
                ownMessages += skip.ownMessages
                lost -= skip.ownMessages
            } else if skip.start < end {
                let inside = endMessage - lane.log.messages(before: skip.start)
                ownMessages += inside
                lost -= inside
                skip.start = end
                skip.ownMessages -= inside
                kept.append(skip)
            } else {
                kept.append(skip)
            }
        }
        kept.prepend(Skip(start: start, end: end, ownMessages: ownMessages, isGivenUp: true))
        skips = kept
        let released = max(start.slab + 1, oldEnd.slab)
        if released < end.slab {
            lane.log.moveReader(
                from: LogPosition(slab: released, offset: 0),
                to: LogPosition(slab: end.slab, offset: 0)
            )
        }
        report(lost)
    }

    /// Reads no further than to here, until it has got that far.
    private func dropNewest() {
        stop = Stop(position: lane.log.end, message: lane.log.messageCount, purpose: .catchUp)
        lane.log.closeReader(at: lane.log.end)
    }

    /// Goes on with what is new from here on, and gives the number of messages lost.
    private func reopen(after stop: Stop) -> Int {
        lane.log.removeReader(at: cursor, closedAt: stop.position)
        self.stop = nil
        cursor = lane.log.end
        lane.log.addReader(at: cursor)
        return lane.log.messageCount - stop.message - stop.ownMessages
    }

    /// The connection closes: nothing behind the messages so far is for it.
    func readNoFurther() {
        standApart()
        // Who has everything holds no slab, and so must not count as one who will let go of one.
        guard unsentMark != nil else { return remove() }
        guard !isLeaving else { return }
        if let stop {
            self.stop = Stop(position: stop.position, message: stop.message, purpose: .close)
        } else {
            stop = Stop(position: lane.log.end, message: lane.log.messageCount, purpose: .close)
            lane.log.closeReader(at: lane.log.end)
        }
    }

    private func report(_ count: Int) {
        guard count > 0 else { return }
        lane.lostMessages.add(count)
        lossHandler?(BroadcastLoss(messageCount: count))
    }
}
