/// The members of a group on one loop that are sent the very same bytes, and the log of these bytes.
///
/// Most members are *ready*: they have everything, and their socket takes more. They share one position, so that the end of
/// a turn is one write each from the same memory, and touches nothing of a member but its socket. Whoever needs more than
/// that stands *apart*, with a position of its own: because its socket is full, because it sent a message itself that it is
/// not to get, or because a frame that is for it alone has to keep its place. Confined to the loop's thread.
@safe
final class BroadcastLane {
    let loop: ServiceLoop
    let format: Int
    let framing: LaneFraming
    /// Lives as long as the group, which every member holds.
    unowned let watch: MemberWatch
    /// The members of all loops with this encoding, which decide whether it is made.
    let count: SharedCounter
    let lostMessages: SharedCounter
    var log: FrameLog {
        @inline(__always) _read { yield unsafe uncheckedLog }
        @inline(__always) _modify { yield unsafe &uncheckedLog }
    }
    /// Not checked at run time for overlapping accesses, which takes longer than what a message does here: one thread uses
    /// it, and nothing that the log calls leads back to the lane.
    @exclusivity(unchecked) private var uncheckedLog: FrameLog
    var times = LogTimes()
    private var deliveries = BroadcastDeliveries()
    /// What all groups of the loop count for this format.
    let totals: BroadcastTotals.Format
    /// When messages last went out.
    private(set) var lastFlush: UInt64 = 0
    private var isMarkedForFlush = false
    /// A slab has filled since the limits were last looked at.
    private var hasGrown = false

    // The ready members: two arrays in step, the first being all that a write needs.
    private var outlets: ContiguousArray<Outlet> = []
    private var readyMembers: ContiguousArray<BroadcastMember> = []
    private(set) var apart: ContiguousArray<BroadcastMember> = []
    /// Ready and apart: a number of its own, asked for with every message.
    private(set) var memberCount = 0
    /// Keeps event streams that nothing is sent to from looking dead; nil in other lanes.
    private var comments: EventComments?
    /// Reused by each flush: members whose socket did not take all.
    private var stopped: ContiguousArray<Stopped> = []

    private struct Stopped {
        let index: Int
        let outcome: WriteOutcome
    }

    init(
        _ loop: ServiceLoop,
        _ watch: MemberWatch,
        format: Int,
        framing: LaneFraming,
        commentInterval: UInt64?,
        count: SharedCounter,
        lostMessages: SharedCounter
    ) {
        self.loop = loop
        self.format = format
        self.framing = framing
        self.watch = watch
        totals = loop.totals.format(format)
        self.count = count
        self.lostMessages = lostMessages
        unsafe uncheckedLog = FrameLog(loop.slabs, framing: framing)
        if case .events = framing, let commentInterval {
            comments = EventComments(of: self, every: commentInterval)
        }
        loop.totals.add(self)
    }

    deinit {
        log.removeAll()
    }

    // MARK: Members

    func addReady(_ member: BroadcastMember) {
        guard let outlet = member.core.outlet else { return }
        memberCount += 1
        comments?.begin()
        member.standing = .ready(Int32(readyMembers.count))
        readyMembers.append(member)
        outlets.append(outlet)
    }

    func removeReady(_ member: BroadcastMember) {
        guard case .ready(let place) = member.standing else { return }
        let (index, last) = (Int(place), readyMembers.count - 1)
        if index != last {
            readyMembers.swapAt(index, last)
            outlets.swapAt(index, last)
            readyMembers[index].standing = .ready(place)
        }
        readyMembers.removeLast()
        outlets.removeLast()
        memberCount -= 1
    }

    func addApart(_ member: BroadcastMember) {
        member.standing = .apart(Int32(apart.count))
        apart.append(member)
        memberCount += 1
    }

    func removeApart(_ member: BroadcastMember) {
        guard case .apart(let place) = member.standing else { return }
        let (index, last) = (Int(place), apart.count - 1)
        if index != last {
            apart.swapAt(index, last)
            apart[index].standing = .apart(place)
        }
        apart.removeLast()
        memberCount -= 1
    }

    // MARK: Messages

    /// Whether anybody is here but a member that is not to get a message: otherwise it need not be made.
    @inline(__always)
    func hasMembers(beside excluded: BroadcastMember?) -> Bool {
        memberCount > 1 || memberCount == 1 && !(excluded?.lane === self && excluded?.standing != .left)
    }

    /// Appends a message, which goes out at the end of the turn.
    ///
    /// - Parameters:
    ///   - prefix: goes before the message, if that is text.
    ///   - deflated: both compressed, in a lane for that, if it was worth it.
    ///   - number: of a publication; nil for an announcement.
    ///   - event: how an event is called; empty for no name.
    ///   - excluded: a member that is not to get it, of this lane or another.
    func append(
        _ prefix: String,
        _ message: BorrowedMessage,
        deflated: [UInt8]? = nil,
        number: UInt64?,
        event: String = "",
        excluding excluded: BroadcastMember?
    ) {
        let isOwn = excluded?.lane === self
        if isOwn { excluded?.standApart() }
        let appended =
            if let deflated {
                unsafe log.append(message.kind, deflated.span.bytes, isCompressed: true, number: number)
            } else {
                log.append(message.kind, prefix: prefix, message.bytes, number: number, event: event)
            }
        loop.unflushedBytes += appended.byteCount
        if appended.hasFilledSlab {
            hasGrown = true
            loop.hasFilledSlab = true
        }
        if isOwn { excluded?.leaveOut(appended.range, appended.role) }
        if number != nil { count(due: memberCount - (isOwn && excluded?.standing != .left ? 1 : 0)) }
        guard !isMarkedForFlush else { return }
        isMarkedForFlush = true
        loop.unflushedLanes.append(self)
    }

    /// The end of a turn: writes what is new to every ready member. Those apart are written to by their connections, which
    /// end the turn.
    func flush() {
        isMarkedForFlush = false
        lastFlush = loop.now
        let start = log.flushed
        let end = log.end
        var position = start
        // A slab goes to everybody before the next, while it is in the processor's cache.
        while !readyMembers.isEmpty, let piece = log.piece(at: position, limit: end) {
            totals.sentBytes += readyMembers.count * piece.count
            unsafe write(piece.start, piece.count)
            // Those that stopped need their slabs before the others' are given up.
            leaveBehind(at: piece.end, piece.count)
            position = piece.end
            // The same goes for those apart that keep up, as who sends does: they get what is in the cache now.
            if position < end { for member in apart { member.core.writeAlong(member, upTo: position) } }
        }
        count(sent: readyMembers.count * unflushedPublications)
        log.markFlushed()
        if apart.isEmpty {
            times = LogTimes()
        } else {
            times.note(start, at: loop.now, oldest: log.oldest)
        }
        if hasGrown {
            hasGrown = false
            // Once their connections have written what they can: who only left out its own messages is not behind.
            if !apart.isEmpty { loop.unchecked.append(watch) }
        }
    }

    private var unflushedPublications: Int { log.tally.publications - log.flushedTally.publications }

    // MARK: Counting

    /// Counts for the group and for the loop.
    @inline(__always)
    func count(due: Int = 0, sent: Int = 0, lost: Int = 0, endedBefore: Int = 0) {
        let change = BroadcastDeliveries(due: due, sent: sent, lost: lost, endedBefore: endedBefore)
        deliveries += change
        totals.deliveries += change
    }

    /// What became of the publications on this lane, up to this moment.
    func currentDeliveries() -> BroadcastDeliveries { deliveries + unsettledDeliveries() }

    /// What is known of members only.
    private func unsettledDeliveries() -> BroadcastDeliveries {
        var unsettled = BroadcastDeliveries()
        unsettled.inFlight = readyMembers.count * unflushedPublications
        for member in apart {
            let (sent, unsent) = member.deliveries
            unsettled.sent += sent
            unsettled.inFlight += unsent
        }
        return unsettled
    }

    /// Adds how things are now to what the loop has counted.
    func report(to figures: inout BroadcastFigures, _ now: UInt64) {
        figures.memberCount += memberCount
        figures.deliveries += unsettledDeliveries()
        for member in apart {
            figures.mostBytesBehind = max(figures.mostBytesBehind, member.bytesBehind)
            let time = Duration.milliseconds(member.timeBehind(now))
            figures.longestTimeBehind = max(figures.longestTimeBehind, time)
        }
    }

    /// Writes a comment to every ready member: each has whole messages only. Those apart wait for their socket, or for the end
    /// of this turn.
    func writeComment() {
        lastFlush = loop.now
        let comment = EventFraming.comment
        unsafe write(comment.utf8Start, comment.utf8CodeUnitCount)
        leaveBehind(at: log.flushed, comment.utf8CodeUnitCount)
    }

    private func write(_ start: UnsafeRawPointer, _ count: Int) {
        // The arrays must not change meanwhile, so that who stops is only noted.
        let outlets = outlets
        for index in outlets.indices {
            let outcome = unsafe outlets[index].write(start, count)
            if outcome != .taken { stopped.append(Stopped(index: index, outcome: outcome)) }
        }
    }

    /// Takes those that stopped out of the ready members, from the back, since the last one takes the place of each.
    ///
    /// - Parameters:
    ///   - position: behind what was written.
    ///   - count: the bytes of that.
    private func leaveBehind(at position: LogPosition, _ count: Int) {
        while let stop = stopped.popLast() {
            let member = readyMembers[stop.index]
            removeReady(member)
            member.fellBehind(at: position)
            member.core.noteWritten(stop.outcome, count)
        }
    }
}
