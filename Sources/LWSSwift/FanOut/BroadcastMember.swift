internal import Logging

/// The place of a connection, or an event stream, in a ``BroadcastGroup``.
///
/// It is a name for the membership, to be carried anywhere; what it does happens on the subscriber's loop.
///
/// Reason for the unchecked conformance: the variables are touched on the loop's thread only, which the public calls check
/// and which the lane and the connection, confined themselves, call from.
public final class BroadcastMember: @unchecked Sendable {
    /// The group that it is a place in.
    public let group: BroadcastGroup
    let lane: BroadcastLane
    let core: Subscriber
    private let tag: BroadcastGroup.SessionTag?

    // MARK: Confined to the loop's thread

    /// Let go of when it leaves, since the closure may well lead back here.
    private var lossHandler: ((BroadcastLoss) -> Void)?
    private var lossNotice: ((BroadcastLoss) -> Notice?)?
    /// How far it has read the log, while it stands apart.
    private var cursor: MemberCursor {
        @inline(__always) _read { yield unsafe uncheckedCursor }
        @inline(__always) _modify { yield unsafe &uncheckedCursor }
    }
    /// Not checked at run time for overlapping accesses, for the same reason as the log of the lane.
    @exclusivity(unchecked) private var uncheckedCursor = MemberCursor()
    /// When it last took something, in milliseconds of the loop's clock.
    private(set) var lastProgress: UInt64
    /// The transport's count of what the peer has taken, when it was last asked.
    private var peerProgress: UInt64 = 0
    var standing = Standing.left
    /// It is one of those that the group's publishers wait for.
    var isWaitedFor = false

    /// Where a member stands towards the log of its lane.
    enum Standing: Equatable {
        /// It has everything that the lane has flushed, and its socket takes more: its index among the lane's ready members.
        case ready(Int32)
        /// It reads for itself: its index among the lane's members that are apart.
        case apart(Int32)
        case left
    }

    init(_ group: BroadcastGroup, _ lane: BroadcastLane, _ core: Subscriber, _ tag: BroadcastGroup.SessionTag?) {
        self.group = group
        self.lane = lane
        self.core = core
        self.tag = tag
        lastProgress = core.loop.now
    }

    /// Who is the member.
    public var subscriber: BroadcastSubscriber { BroadcastSubscriber(core: core) }

    private var watch: MemberWatch { lane.watch }

    /// Has `body` called when the member was not sent some messages, with
    /// ``SlowMemberPolicy/Action-swift.enum/dropOldest`` or ``SlowMemberPolicy/Action-swift.enum/dropNewest``: the place to
    /// tell it so. It may send, leave and close. On the connection's loop only; released when the member has left.
    public func onLoss(_ body: ((BroadcastLoss) -> Void)?) {
        core.loop.preconditionIsCurrent("BroadcastMember.onLoss")
        lossHandler = standing == .left ? nil : body
    }

    /// Has the member sent what `make` gives in the place of messages that it was not sent: behind what came before them, and
    /// before what comes after. On the connection's loop only; released when the member has left.
    ///
    /// - Parameters:
    ///   - event: how an event stream calls it, one line; nil for no name.
    ///   - make: called when the member gets there, perhaps more than once; nil to send nothing.
    public func noticeLoss(event: String? = nil, _ make: ((BroadcastLoss) -> WebSocketMessage?)?) {
        core.loop.preconditionIsCurrent("BroadcastMember.noticeLoss")
        guard standing != .left, let make else { return lossNotice = nil }
        lossNotice = { loss in make(loss).map { Notice(message: $0, event: event) } }
    }

    /// What is sent in the place of messages that were lost.
    struct Notice {
        let message: WebSocketMessage
        /// How an event stream calls it.
        let event: String?
    }

    /// Leaves the group: what was sent before is written as far as the socket takes it, and to the end of a message, nothing
    /// more comes. Does nothing when it has left, as it does by itself when its connection ends. On the connection's loop
    /// only.
    public func leave() {
        core.loop.preconditionIsCurrent("BroadcastMember.leave")
        guard standing != .left, !isLeaving else { return }
        core.writeBeforeLeaving(self)
        guard core.isOpen, isWithinMessage else { return remove() }
        // The connection goes on, and nothing may come between the fragments of a message (RFC 6455 section 5.4).
        cursor.readToEndOfMessage(in: &lane.log)
        lane.count.add(-1)
        watch.doNotWait(for: self)
    }

    /// It has left, but for a message that is under way.
    var isLeaving: Bool { cursor.isLeaving }

    // MARK: Standing

    /// Takes its place behind the last message so far.
    ///
    /// - Parameters:
    ///   - shard: the part of the group on its loop.
    ///   - replay: what it is to be sent before anything that comes now.
    func join(_ shard: BroadcastShard, behind replay: ReplayReader?) {
        lane.count.add(1)
        lane.log.goOn(from: shard.lastNumber)
        if let tag { shard.note(self, tag) }
        core.memberships.append(self)
        if replay == nil, lane.log.flushed == lane.log.end, core.hasNothingToWrite {
            lane.addReady(self)
        } else {
            // What waits for the end of the turn is older than the membership, or was sent to it alone before.
            standApart(at: lane.log.end, behind: replay)
            core.markForFlush()
        }
    }

    /// Gives up its place, and what it was behind.
    func remove() {
        guard standing != .left else { return }
        if !isLeaving { lane.count.add(-1) }
        switch standing {
        case .ready:
            lane.count(endedBefore: lane.log.tally.publications - lane.log.flushedTally.publications)
            lane.removeReady(self)
        case .apart:
            settle()
            lane.count(endedBefore: cursor.unsentCount(in: &lane.log))
            cursor.end(in: &lane.log)
            lane.removeApart(self)
        case .left: break
        }
        standing = .left
        lossHandler = nil
        lossNotice = nil
        if let tag { group.sequencer.shards.part(on: core.loop, "BroadcastMember.leave").forget(self, tag) }
        core.memberships.remove(self)
        watch.doNotWait(for: self)
    }

    /// Stands apart from the members that the end of the turn writes to in one go: from here on it is the connection that
    /// writes to it, in order with what it sends itself.
    func standApart() {
        guard case .ready = standing else { return }
        lane.removeReady(self)
        standApart(at: lane.log.flushed)
    }

    private func standApart(at position: LogPosition, behind replay: ReplayReader? = nil) {
        cursor.begin(at: position, behind: replay, in: &lane.log)
        lane.addApart(self)
    }

    /// The socket is full: lws holds what was written up to `position`.
    func fellBehind(at position: LogPosition) {
        let (sent, _) = lane.log.messages(before: position)
        lane.count(sent: sent.publications - lane.log.flushedTally.publications)
        standApart(at: position)
    }

    /// Publications that it was sent and is still to be sent since it stands apart.
    var deliveries: (sent: Int, unsent: Int) {
        (cursor.sentCount(in: &lane.log), cursor.unsentCount(in: &lane.log))
    }

    private func settle() {
        lane.count(sent: cursor.sentCount(in: &lane.log))
    }

    /// It has taken everything up to the end of the last turn: back to the others, unless it has a reason to stand apart.
    func rejoinIfCaughtUp() {
        guard isApart else { return }
        let untold = cursor.untoldLoss(in: lane.log)
        switch cursor.arrive(in: &lane.log) {
        case .isBehind, .hasStopped(.close), .hasStopped(.catchUp): break
        case .hasStopped(.leave): remove()
        case .hasCaughtUp(let loss):
            settle()
            cursor.end(in: &lane.log)
            lane.removeApart(self)
            lane.addReady(self)
            // Nobody looks after it from here on, and it may have caught up with the write of a turn's end.
            watch.doNotWait(for: self)
            // Last, since whoever hears of it may send, leave or close.
            if let loss { reportCatchUp(loss, untold: untold) }
        case .waitsForNextFlush(let loss):
            core.markForFlush()
            if let loss { reportCatchUp(loss, untold: untold) }
        }
    }

    /// Something for it alone is queued: what it has lost so far is told before that, lest it take it for a sign that it has
    /// everything up to there.
    func tellLossSoFar() {
        guard isApart, lossNotice != nil, let loss = cursor.untoldLoss(in: lane.log) else { return }
        cursor.tellLoss(in: lane.log)
        sendInPlace(loss)
    }

    private var isApart: Bool {
        if case .apart = standing { true } else { false }
    }

    // MARK: Reading

    /// What it is to be sent next, not beyond `limit`.
    func peek(limit: LogPosition) -> FrameLog.Piece? {
        cursor.peek(limit: limit, in: &lane.log)
    }

    /// It was sent what ``peek(limit:)`` gave.
    func advance(to position: LogPosition) {
        cursor.advance(to: position, in: &lane.log)
    }

    /// What it is to be sent in the place of messages that it lost, when it has come there.
    func notice(before limit: LogPosition) -> Notice? {
        while let loss = cursor.notice(before: limit, in: &lane.log) {
            if let notice = lossNotice?(loss) { return notice }
            cursor.noticed()
        }
        return nil
    }

    /// It was sent what ``notice(before:)`` gave.
    func noticed() {
        cursor.noticed()
    }

    /// It is sent what it missed before its place in the log.
    var isReplaying: Bool { cursor.isReplaying }

    /// Whether it was sent some fragments of a message and not the others.
    var isWithinMessage: Bool {
        isApart && cursor.isWithinMessage(in: &lane.log)
    }

    /// The end of the message that is under way.
    var endOfMessage: LogPosition { cursor.endOfMessage(in: &lane.log) }

    /// Leaves out a message of its own, which was appended last.
    func leaveOut(_ range: Range<LogPosition>, _ role: MessageRole) {
        guard standing != .left else { return }
        cursor.leaveOut(range, role)
        core.markForFlush()
    }

    /// Whether something in the log is still to be sent before a frame that is queued now.
    var unsentMark: OutboundQueue.Mark? {
        guard isApart, let position = cursor.unreadEnd(in: &lane.log) else { return nil }
        return OutboundQueue.Mark(member: self, position: position)
    }

    /// The connection closes: nothing behind the messages so far is for it.
    func readNoFurther() {
        standApart()
        // Who has everything holds no slab, and so must not count as one who will let go of one.
        guard unsentMark != nil else { return remove() }
        cursor.readNoFurther(in: &lane.log)
    }

    // MARK: Progress

    /// The socket takes no more for now: its group looks after it.
    func socketIsFull() {
        watch.begin()
    }

    /// The socket took something.
    func madeProgress(_ now: UInt64) {
        lastProgress = now
        watch.madeProgress(self)
    }

    /// Asks the transport whether the peer has taken something since the last time: a socket is said to be writable only
    /// when a third of its buffer is free, which is too seldom to tell a slow reader from one that stands still.
    func lookForProgress(_ now: UInt64) {
        let count = core.peerProgress
        if count != peerProgress { lastProgress = now }
        peerProgress = count
    }

    /// When a message last went to it, for the timeout of idle connections.
    var lastDelivery: UInt64 {
        if case .ready = standing { lane.lastFlush } else { lastProgress }
    }

    // MARK: Falling behind

    /// Bytes it has not been sent, own messages included.
    var bytesBehind: Int {
        isApart ? cursor.bytesBehind(in: &lane.log) : 0
    }

    /// How far it is behind: bytes of the group's messages that it has not been sent, and how long the oldest of them has waited.
    /// On the connection's loop only.
    public var lag: (bytes: Int, time: Duration) {
        core.loop.preconditionIsCurrent("BroadcastMember.lag")
        return (bytesBehind, .milliseconds(timeBehind(core.loop.now)))
    }

    /// How long the oldest message that it has not been sent has waited, in milliseconds. What is replayed takes its time.
    func timeBehind(_ now: UInt64) -> UInt64 {
        guard isApart, !cursor.isReplaying, cursor.position < lane.log.flushed else { return 0 }
        return now - lane.times.time(of: cursor.position, now: now)
    }

    /// Has it reached a limit of the policy? What comes while it waits for its turn to be sent what it missed, is not its
    /// fault.
    func isTooFarBehind(_ policy: SlowMemberPolicy, maximumTime: UInt64?, _ now: UInt64) -> Bool {
        guard isApart, !cursor.isStopping, !core.waitsToReplay else { return false }
        if cursor.isBehind(by: policy.maximumBytesBehind, in: &lane.log) { return true }
        guard let maximumTime else { return false }
        return timeBehind(now) > maximumTime
    }

    /// Whether it has taken nothing of what is replayed to it for longer than this. Of that nothing can be dropped.
    func isStalledInReplay(longerThan time: UInt64, _ now: UInt64) -> Bool {
        isApart && cursor.isReplaying && !cursor.isEnding && !core.waitsToReplay && now > lastProgress + time
    }

    /// What is replayed to it.
    var backlog: Backlog? { isApart ? cursor.backlog : nil }

    /// Lets go of it, since it does not keep up.
    func letGo() {
        core.loop.logger.debug("member \(core.id) is closed: it does not keep up with its group")
        remove()
        core.endSinceTooSlow()
    }

    /// Does what the policy says about a member that has reached a limit.
    func apply(_ policy: SlowMemberPolicy, maximumTime: UInt64?, _ now: UInt64) {
        switch policy.action {
        case .close: letGo()
        case .dropOldest:
            var earliest: LogPosition?
            if let maximumTime, timeBehind(now) > maximumTime {
                earliest = lane.times.position(since: now - maximumTime) ?? lane.log.flushed
            }
            let loss = cursor.dropOldest(
                maximumBytes: policy.maximumBytesBehind,
                earliest: earliest,
                lag: lag(now),
                in: &lane.log
            )
            if let loss {
                if lossNotice != nil { cursor.leaveNotice(describe(loss)) }
                report(describe(loss))
            }
        case .dropNewest: cursor.dropNewest(lag: lag(now), in: &lane.log)
        }
    }

    private func lag(_ now: UInt64) -> MemberCursor.Lag {
        MemberCursor.Lag(bytes: bytesBehind, milliseconds: timeBehind(now))
    }

    private func describe(_ loss: MemberCursor.Loss) -> BroadcastLoss {
        BroadcastLoss(
            messageCount: loss.tally.publications,
            announcementCount: loss.tally.announcements,
            start: group.place(loss.after),
            end: group.place(loss.through),
            bytesBehind: loss.lag.bytes,
            timeBehind: .milliseconds(loss.lag.milliseconds)
        )
    }

    /// It goes on behind its stop: the place of what it has lost is before whatever it is sent now.
    private func reportCatchUp(_ loss: MemberCursor.Loss, untold: MemberCursor.Loss?) {
        if let untold { sendInPlace(untold) }
        report(describe(loss))
    }

    private func sendInPlace(_ loss: MemberCursor.Loss) {
        if let notice = lossNotice?(describe(loss)) { core.sendInPlace(notice) }
    }

    private func report(_ loss: BroadcastLoss) {
        lane.lostMessages.add(loss.messageCount)
        lane.count(lost: loss.messageCount)
        lossHandler?(loss)
    }
}
