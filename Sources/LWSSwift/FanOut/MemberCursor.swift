internal import DequeModule

/// How far a member that stands apart has read its lane's log, and what of it is not for it: without a socket, a clock or a
/// group.
///
/// It is a position and, seldom, more: a *replay* of what it missed before its place in the log; *skips*, which are messages
/// of its own; a *gap*, which is what it was too slow for; a *stop*, where it reads no further. The slabs of the log count it among their readers from ``begin(at:in:)`` to
/// ``end(in:)``, each for as long as it is to be read. It cannot be copied, since it would be counted once and leave twice,
/// and takes the log with every operation.
struct MemberCursor: ~Copyable {
    /// The next byte it is to read.
    private(set) var position = LogPosition(slab: 0, offset: 0)
    /// What it is to read before anything of the log.
    private var replay: ReplayReader?
    private var stop: Stop?
    /// Parts of the log behind the position that are not for it, in order; the gap is the first of them.
    private var skips: Deque<Skip> = []
    /// Publications of the log that it was not sent up to its position: those before it began, and what it passed over.
    private var unsent = 0

    /// Rare, and so not a part of each member.
    private final class Stop {
        let position: LogPosition
        /// Messages of the log before it, and the number of the last publication among them.
        let tally: MessageTally
        let number: UInt64
        let purpose: StopPurpose
        /// Messages of its own behind it.
        var own = MessageTally()
        /// Publications before it that it is not sent for all that.
        var givenUp = 0
        /// How far behind it was when it stopped.
        var lag = Lag()
        /// Of what came behind it, what the member is told of already, and the number of the last publication then.
        var told = MessageTally()
        var toldNumber: UInt64

        init(position: LogPosition, tally: MessageTally, number: UInt64, purpose: StopPurpose) {
            self.position = position
            self.tally = tally
            self.number = number
            self.purpose = purpose
            toldNumber = number
        }
    }

    /// Why a member reads no further than to some place.
    enum StopPurpose {
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
        var own: MessageTally
        /// Messages in it that it lost.
        var lost = MessageTally()
        /// The slabs between the two were given up already.
        var isGivenUp = false
        /// What the member is to be told in its place.
        var notice: BroadcastLoss?

        /// Takes in one more message of its own; false when that is not right behind it.
        mutating func extend(by range: Range<LogPosition>, _ role: MessageRole) -> Bool {
            guard end == range.lowerBound, !isGivenUp else { return false }
            end = range.upperBound
            own.count(role)
            return true
        }
    }

    /// Messages that were lost, and the numbers between which they are.
    struct Loss: Equatable {
        var tally = MessageTally()
        /// The last publication before them.
        var after: UInt64 = 0
        /// The last one among them.
        var through: UInt64 = 0
        /// How far behind the member was.
        var lag = Lag()
    }

    /// How far behind a member is, in bytes, and in milliseconds that the oldest message has waited.
    struct Lag: Equatable {
        var bytes = 0
        var milliseconds: UInt64 = 0
    }

    /// Own messages between others' that it may have before it; beyond, it counts as too far behind.
    static let maximumSkips = 4_096

    // MARK: From beginning to end

    /// Begins to read at a place of the log, behind what is replayed.
    mutating func begin(at position: LogPosition, behind replay: ReplayReader? = nil, in log: inout FrameLog) {
        self.position = position
        unsent = publications(before: position, in: &log)
        self.replay = replay
        log.addReader(at: position)
    }

    /// Gives up what it has not read.
    mutating func end(in log: inout FrameLog) {
        replay = nil
        release(&log)
    }

    /// Lets go of the log, and of everything in it that it was to read or leave out.
    private mutating func release(_ log: inout FrameLog) {
        if let gap { pass(gap, in: &log) }
        if let stop {
            log.removeReader(at: position, closedAt: stop.position)
        } else {
            log.removeReader(at: position)
        }
        skips = []
        stop = nil
    }

    // MARK: Reading

    /// What it is to read next, not beyond `limit`; nothing beyond a gap whose ``notice(before:in:)`` it has not had.
    mutating func peek(limit: LogPosition, in log: inout FrameLog) -> FrameLog.Piece? {
        if let piece = replayed() { return piece }
        let limit = stop.map { min($0.position, limit) } ?? limit
        while let skip = skips.first, skip.start < limit {
            if position < skip.start, let piece = log.piece(at: position, limit: skip.start) { return piece }
            guard skip.notice == nil else { return nil }
            pass(skip, in: &log)
            skips.removeFirst()
        }
        return log.piece(at: position, limit: limit)
    }

    /// It has read what ``peek(limit:in:)`` gave.
    mutating func advance(to position: LogPosition, in log: inout FrameLog) {
        if let replay { return replay.advance() }
        log.moveReader(from: self.position, to: position)
        self.position = position
    }

    /// What it is to read next of what it missed before its place in the log.
    private mutating func replayed() -> FrameLog.Piece? {
        guard let bytes = unsafe replay?.peek(), let start = bytes.baseAddress else {
            replay = nil
            return nil
        }
        return unsafe FrameLog.Piece(start: start, count: bytes.count, end: position)
    }

    /// What it reads of what it missed before its place in the log; nil when it has read that.
    var backlog: Backlog? { replay?.backlog }
    /// It reads what it missed before its place in the log.
    var isReplaying: Bool { replay != nil }

    // MARK: Being told of a loss

    /// What it is to be told now, before it reads on: it has come to the gap, which begins before `limit`.
    mutating func notice(before limit: LogPosition, in log: inout FrameLog) -> BroadcastLoss? {
        guard let notice = skips.first?.notice, peek(limit: limit, in: &log) == nil,
            let skip = skips.first, skip.start < (stop.map { min($0.position, limit) } ?? limit)
        else { return nil }
        return notice
    }

    /// It was told what ``notice(before:in:)`` gave.
    mutating func noticed() {
        skips[0].notice = nil
    }

    /// Has it told of a loss when it comes to the gap.
    mutating func leaveNotice(_ loss: BroadcastLoss) {
        guard let index = skips.firstIndex(where: \.isGivenUp) else { return }
        skips[index].notice = skips[index].notice?.joined(by: loss) ?? loss
    }

    private mutating func pass(_ skip: Skip, in log: inout FrameLog) {
        guard position < skip.end else { return }
        if skip.isGivenUp {
            // Only the slab that the skip begins in was kept.
            let behind = LogPosition(slab: min(skip.start.slab + 1, skip.end.slab), offset: 0)
            log.moveReader(from: position, to: behind)
        } else {
            log.moveReader(from: position, to: skip.end)
        }
        position = skip.end
        unsent += skip.own.publications + skip.lost.publications
    }

    /// Whether it has read some fragments of a message and is to read the others.
    func isWithinMessage(in log: inout FrameLog) -> Bool {
        replay.map(\.isWithinMessage) ?? log.isWithinMessage(position, limit: stop?.position ?? log.end)
    }

    /// The end of the message that is under way; where it stands in the log, if that is one which is replayed.
    func endOfMessage(in log: inout FrameLog) -> LogPosition {
        guard replay == nil else { return position }
        let next = log.nextMessage(from: position)
        // What follows the place where it stops may have gone from the log.
        return stop.map { min($0.position, next) } ?? next
    }

    /// Up to where everything that is in the log now has to be read before something that is sent now; nil when it has read
    /// that already.
    func unreadEnd(in log: inout FrameLog) -> LogPosition? {
        guard position < log.end || !skips.isEmpty || isReplaying else { return nil }
        return stop?.position ?? log.end
    }

    /// Where it stands once the log was flushed and written to it.
    enum Arrival: Equatable {
        /// It has more to read.
        case isBehind
        /// It has read everything up to the flush, and is to read everything behind it: it need not stand apart.
        case hasCaughtUp(Loss?)
        /// It has read everything up to the flush, but not everything behind it is for it.
        case waitsForNextFlush(Loss?)
        /// It has come to its stop, for good.
        case hasStopped(StopPurpose)
    }

    /// Looks how far it has come, and goes on behind its stop if that was only to catch up.
    mutating func arrive(in log: inout FrameLog) -> Arrival {
        guard peek(limit: log.flushed, in: &log) == nil, skips.first?.notice == nil else { return .isBehind }
        var loss: Loss?
        if let stop {
            guard peek(limit: stop.position, in: &log) == nil else { return .isBehind }
            guard stop.purpose == .catchUp else { return .hasStopped(stop.purpose) }
            loss = reopen(after: stop, in: &log)
        }
        return skips.isEmpty && position <= log.flushed ? .hasCaughtUp(loss) : .waitsForNextFlush(loss)
    }

    /// What it has lost behind its stop so far, and was not told of.
    func untoldLoss(in log: FrameLog) -> Loss? {
        guard let stop, stop.purpose == .catchUp else { return nil }
        let untold = log.tally - stop.tally - stop.own - stop.told
        return untold.isEmpty
            ? nil : Loss(tally: untold, after: stop.toldNumber, through: log.lastNumber, lag: stop.lag)
    }

    /// It is told of what ``untoldLoss(in:)`` gave as soon as it comes to its stop.
    mutating func tellLoss(in log: FrameLog) {
        guard let stop else { return }
        stop.told = log.tally - stop.tally - stop.own
        stop.toldNumber = log.lastNumber
    }

    /// Goes on with what is new from here on, and gives what it has lost.
    private mutating func reopen(after stop: Stop, in log: inout FrameLog) -> Loss? {
        let sent = sentCount(in: &log)
        log.removeReader(at: position, closedAt: stop.position)
        self.stop = nil
        begin(at: log.end, in: &log)
        unsent -= sent
        let lost = log.tally - stop.tally - stop.own
        return lost.isEmpty
            ? nil : Loss(tally: lost, after: stop.number, through: log.lastNumber, lag: stop.lag)
    }

    // MARK: What is not for it

    /// Leaves out a message of its own, which was appended last.
    mutating func leaveOut(_ range: Range<LogPosition>, _ role: MessageRole) {
        var own = MessageTally()
        own.count(role)
        if let stop {
            stop.own += own
            return
        }
        let last = skips.count - 1
        if last < 0 || !skips[last].extend(by: range, role) {
            skips.append(Skip(start: range.lowerBound, end: range.upperBound, own: own))
        }
    }

    /// What it was too slow for, as long as that is still before it: while a message is under way, which is read to its end.
    private var gap: Skip? { skips.first { $0.isGivenUp } }

    /// Leaves out the oldest messages, so that it is behind by half of `maximumBytes` if it was by more, and begins at
    /// `earliest` if it is given. A message that is under way is read to its end. Gives what is lost, its own messages not
    /// counted.
    mutating func dropOldest(
        maximumBytes: Int,
        earliest: LogPosition?,
        lag: Lag = Lag(),
        in log: inout FrameLog
    ) -> Loss? {
        var first = position
        if skips.count > Self.maximumSkips {
            first = log.end
        } else {
            if bytesBehind(in: &log) > maximumBytes { first = log.message(within: maximumBytes / 2) }
            if let earliest { first = max(first, earliest) }
        }
        var loss = dropOldest(upTo: first, in: &log)
        loss?.lag = lag
        return loss
    }

    private mutating func dropOldest(upTo end: LogPosition, in log: inout FrameLog) -> Loss? {
        let start = log.nextMessage(from: position)
        // What was left out before, and was not passed since, is neither lost nor given up once more.
        let oldEnd = gap?.end ?? start
        guard oldEnd < end else { return nil }
        let (before, until) = (log.messages(before: oldEnd), log.messages(before: end))
        var lost = until.tally - before.tally
        var own = MessageTally()
        var notice: BroadcastLoss?
        var kept: Deque<Skip> = []
        for var skip in skips {
            if skip.isGivenUp {
                own += skip.own
                notice = skip.notice
            } else if skip.end <= end {
                own += skip.own
                lost -= skip.own
            } else if skip.start < end {
                let inside = until.tally - log.messages(before: skip.start).tally
                own += inside
                lost -= inside
                skip.start = end
                skip.own -= inside
                kept.append(skip)
            } else {
                kept.append(skip)
            }
        }
        kept.prepend(
            Skip(start: start, end: end, own: own, lost: lost + (gap?.lost ?? .init()), isGivenUp: true, notice: notice)
        )
        skips = kept
        let released = max(start.slab + 1, oldEnd.slab)
        if released < end.slab {
            log.moveReader(
                from: LogPosition(slab: released, offset: 0),
                to: LogPosition(slab: end.slab, offset: 0)
            )
        }
        return lost.isEmpty ? nil : Loss(tally: lost, after: before.number, through: until.number)
    }

    /// Reads no further than to here, and goes on behind what came meanwhile once it has got that far.
    mutating func dropNewest(lag: Lag = Lag(), in log: inout FrameLog) {
        stop(at: log.end, .catchUp, in: &log)
        stop?.lag = lag
        log.closeReader(at: log.end)
    }

    /// Reads what is in the log now, or up to where it stops already, and nothing more: its connection closes.
    mutating func readNoFurther(in log: inout FrameLog) {
        guard !isLeaving else { return }
        if let stop {
            let own = stop.own
            self.stop = Stop(position: stop.position, tally: stop.tally, number: stop.number, purpose: .close)
            self.stop?.own = own
        } else {
            stop(at: log.end, .close, in: &log)
            log.closeReader(at: log.end)
        }
    }

    /// Reads to the end of the message that is under way, and nothing more: it has left.
    mutating func readToEndOfMessage(in log: inout FrameLog) {
        if let replay {
            let (sent, givenUp) = (sentCount(in: &log), unsentCount(in: &log))
            replay.stopAtEndOfMessage()
            release(&log)
            begin(at: log.end, behind: replay, in: &log)
            unsent -= sent
            stop(at: position, .leave, in: &log)
            stop?.givenUp = givenUp
            return log.closeReader(at: position)
        }
        let end = endOfMessage(in: &log)
        // What is not for it is not behind either.
        let own = skips.reduce(stop?.own ?? MessageTally()) { $0 + $1.own + $1.lost }
        if let stop {
            log.moveReader(
                from: LogPosition(slab: end.slab + 1, offset: 0),
                to: LogPosition(slab: stop.position.slab + 1, offset: 0)
            )
        } else {
            // The slabs of a gap, which begins there, were given up already.
            let last = max(end.slab, (gap?.end.slab ?? 0) - 1)
            log.closeReader(at: LogPosition(slab: last, offset: 0))
        }
        skips = []
        stop(at: end, .leave, in: &log)
        stop?.own = own
    }

    private mutating func stop(at position: LogPosition, _ purpose: StopPurpose, in log: inout FrameLog) {
        stop = Stop(position: position, tally: log.tally, number: log.lastNumber, purpose: purpose)
    }

    /// It reads no further than to some place.
    var isStopping: Bool { stop != nil }
    /// It reads no further for good.
    var isEnding: Bool { isStopping && stop?.purpose != .catchUp }
    /// It has left, but for a message that is under way.
    var isLeaving: Bool { stop?.purpose == .leave }

    // MARK: Counting

    /// Publications it was sent since it began.
    func sentCount(in log: inout FrameLog) -> Int {
        publications(before: position, in: &log) - unsent
    }

    /// Publications it is still to be sent; those behind its stop, too, until it is told of them.
    func unsentCount(in log: inout FrameLog) -> Int {
        var count = log.tally.publications - publications(before: position, in: &log)
        for skip in skips { count -= skip.own.publications + skip.lost.publications }
        return count - (stop?.own.publications ?? 0) + (stop?.givenUp ?? 0)
    }

    private func publications(before position: LogPosition, in log: inout FrameLog) -> Int {
        // Nearly always: who keeps up stands there.
        if position == log.flushed { return log.flushedTally.publications }
        return log.messages(before: position).tally.publications
    }

    // MARK: Measuring

    /// Bytes it has not read and is still to pass, own messages included.
    func bytesBehind(in log: inout FrameLog) -> Int {
        var count = log.bytesBehind(position)
        if let gap { count -= log.bytesBehind(gap.start) - log.bytesBehind(gap.end) }
        if let stop { count -= log.bytesBehind(stop.position) }
        return count
    }

    /// Whether it is further behind than this, or has more to skip than may be kept.
    func isBehind(by maximumBytes: Int, in log: inout FrameLog) -> Bool {
        skips.count > Self.maximumSkips || bytesBehind(in: &log) > maximumBytes
    }
}
