internal import DequeModule

/// How far a member that stands apart has read its lane's log, and what of it is not for it: without a socket, a clock or a
/// group.
///
/// It is a position and, seldom, more: *skips*, which are messages of its own; a *gap*, which is what it was too slow for; a
/// *stop*, where it reads no further. The slabs of the log count it among their readers from ``begin(at:in:)`` to
/// ``end(in:)``, each for as long as it is to be read. It cannot be copied, since it would be counted once and leave twice,
/// and takes the log with every operation.
struct MemberCursor: ~Copyable {
    /// The next byte it is to read.
    private(set) var position = LogPosition(slab: 0, offset: 0)
    private var stop: Stop?
    /// Parts of the log behind the position that are not for it, in order; the gap is the first of them.
    private var skips: Deque<Skip> = []

    /// Rare, and so not a part of each member.
    private final class Stop {
        let position: LogPosition
        /// Messages of the log before it.
        let message: Int
        let purpose: StopPurpose
        /// Messages of its own behind it.
        var ownMessages = 0

        init(position: LogPosition, message: Int, purpose: StopPurpose) {
            self.position = position
            self.message = message
            self.purpose = purpose
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

    /// Own messages between others' that it may have before it; beyond, it counts as too far behind.
    static let maximumSkips = 4_096

    // MARK: From beginning to end

    /// Begins to read at a place of the log.
    mutating func begin(at position: LogPosition, in log: inout FrameLog) {
        self.position = position
        log.addReader(at: position)
    }

    /// Gives up what it has not read.
    mutating func end(in log: inout FrameLog) {
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

    /// What it is to read next, not beyond `limit`.
    mutating func peek(limit: LogPosition, in log: inout FrameLog) -> FrameLog.Piece? {
        let limit = stop.map { min($0.position, limit) } ?? limit
        while let skip = skips.first, skip.start < limit {
            if position < skip.start, let piece = log.piece(at: position, limit: skip.start) { return piece }
            pass(skip, in: &log)
            skips.removeFirst()
        }
        return log.piece(at: position, limit: limit)
    }

    /// It has read what ``peek(limit:in:)`` gave.
    mutating func advance(to position: LogPosition, in log: inout FrameLog) {
        log.moveReader(from: self.position, to: position)
        self.position = position
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
    }

    /// Whether it has read some fragments of a message and is to read the others.
    func isWithinMessage(in log: inout FrameLog) -> Bool {
        log.isWithinMessage(position, limit: stop?.position ?? log.end)
    }

    /// The end of the message that is under way.
    func endOfMessage(in log: inout FrameLog) -> LogPosition {
        let next = log.nextMessage(from: position)
        // What follows the place where it stops may have gone from the log.
        return stop.map { min($0.position, next) } ?? next
    }

    /// Up to where everything that is in the log now has to be read before something that is sent now; nil when it has read
    /// that already.
    func unreadEnd(in log: inout FrameLog) -> LogPosition? {
        guard position < log.end || !skips.isEmpty else { return nil }
        return stop?.position ?? log.end
    }

    /// Where it stands once the log was flushed and written to it.
    enum Arrival: Equatable {
        /// It has more to read.
        case isBehind
        /// It has read everything up to the flush, and is to read everything behind it: it need not stand apart.
        case hasCaughtUp(lostMessages: Int)
        /// It has read everything up to the flush, but not everything behind it is for it.
        case waitsForNextFlush(lostMessages: Int)
        /// It has come to its stop, for good.
        case hasStopped(StopPurpose)
    }

    /// Looks how far it has come, and goes on behind its stop if that was only to catch up.
    mutating func arrive(in log: inout FrameLog) -> Arrival {
        guard peek(limit: log.flushed, in: &log) == nil else { return .isBehind }
        var lost = 0
        if let stop {
            guard peek(limit: stop.position, in: &log) == nil else { return .isBehind }
            guard stop.purpose == .catchUp else { return .hasStopped(stop.purpose) }
            lost = reopen(after: stop, in: &log)
        }
        return skips.isEmpty && position <= log.flushed
            ? .hasCaughtUp(lostMessages: lost) : .waitsForNextFlush(lostMessages: lost)
    }

    /// Goes on with what is new from here on, and gives the number of messages lost.
    private mutating func reopen(after stop: Stop, in log: inout FrameLog) -> Int {
        log.removeReader(at: position, closedAt: stop.position)
        self.stop = nil
        begin(at: log.end, in: &log)
        return log.messageCount - stop.message - stop.ownMessages
    }

    // MARK: What is not for it

    /// Leaves out a message of its own, which was appended last.
    mutating func leaveOut(_ range: Range<LogPosition>) {
        if let stop {
            stop.ownMessages += 1
            return
        }
        let last = skips.count - 1
        if last < 0 || !skips[last].extend(by: range) {
            skips.append(Skip(start: range.lowerBound, end: range.upperBound, ownMessages: 1))
        }
    }

    /// What it was too slow for, as long as that is still before it: while a message is under way, which is read to its end.
    private var gap: Skip? { skips.first { $0.isGivenUp } }

    /// Leaves out the oldest messages, so that it is behind by half of `maximumBytes` if it was by more, and begins at
    /// `earliest` if it is given. A message that is under way is read to its end. Gives the number of messages lost, its own
    /// not counted.
    mutating func dropOldest(
        maximumBytes: Int,
        earliest: LogPosition?,
        in log: inout FrameLog
    ) -> Int {
        var first = position
        if skips.count > Self.maximumSkips {
            first = log.end
        } else {
            if bytesBehind(in: &log) > maximumBytes { first = log.message(within: maximumBytes / 2) }
            if let earliest { first = max(first, earliest) }
        }
        return dropOldest(upTo: first, in: &log)
    }

    private mutating func dropOldest(upTo end: LogPosition, in log: inout FrameLog) -> Int {
        let start = log.nextMessage(from: position)
        // What was left out before, and was not passed since, is neither lost nor given up once more.
        let oldEnd = gap?.end ?? start
        guard oldEnd < end else { return 0 }
        let endMessage = log.messages(before: end)
        var lost = endMessage - log.messages(before: oldEnd)
        var ownMessages = 0
        var kept: Deque<Skip> = []
        for var skip in skips {
            if skip.isGivenUp {
                ownMessages += skip.ownMessages
            } else if skip.end <= end {
                ownMessages += skip.ownMessages
                lost -= skip.ownMessages
            } else if skip.start < end {
                let inside = endMessage - log.messages(before: skip.start)
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
            log.moveReader(
                from: LogPosition(slab: released, offset: 0),
                to: LogPosition(slab: end.slab, offset: 0)
            )
        }
        return lost
    }

    /// Reads no further than to here, and goes on behind what came meanwhile once it has got that far.
    mutating func dropNewest(in log: inout FrameLog) {
        stop(at: log.end, .catchUp, in: &log)
        log.closeReader(at: log.end)
    }

    /// Reads what is in the log now, or up to where it stops already, and nothing more: its connection closes.
    mutating func readNoFurther(in log: inout FrameLog) {
        guard !isLeaving else { return }
        if let stop {
            self.stop = Stop(position: stop.position, message: stop.message, purpose: .close)
        } else {
            stop(at: log.end, .close, in: &log)
            log.closeReader(at: log.end)
        }
    }

    /// Reads to the end of the message that is under way, and nothing more: it has left.
    mutating func readToEndOfMessage(in log: inout FrameLog) {
        let end = endOfMessage(in: &log)
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
    }

    private mutating func stop(at position: LogPosition, _ purpose: StopPurpose, in log: inout FrameLog) {
        stop = Stop(position: position, message: log.messageCount, purpose: purpose)
    }

    /// It reads no further than to some place.
    var isStopping: Bool { stop != nil }
    /// It has left, but for a message that is under way.
    var isLeaving: Bool { stop?.purpose == .leave }

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
