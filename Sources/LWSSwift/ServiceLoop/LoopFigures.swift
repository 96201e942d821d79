// The members of timespec belong to whichever of the two modules the compiler reads first.
internal import CLibWebSockets
internal import Glibc

/// What a ``ServiceLoop`` has done since it began: plain numbers, which it counts for each turn, message or batch and never for
/// a delivery, and which are read at ``ServiceLoop/figures``.
public struct LoopFigures: Sendable, Hashable {
    /// How often it has waited for something, or looked for it, and served what there was.
    public internal(set) var turns = 0
    /// How long the longest turn of the last 30 to 60 seconds has taken, without the wait: for so long nobody was served.
    public internal(set) var longestTurn = Duration.zero
    /// Processor time of the loop's thread.
    public internal(set) var busy = Duration.zero
    /// From when the loop had something to do until all messages of that turn were written to all members that take them: once
    /// for each turn in which there were messages for groups.
    public internal(set) var writing = LatencyHistogram()
    /// What was sent to groups, whose first loop this is, by nobody who is a member.
    public internal(set) var published = BroadcastFigures.Amount()
    /// What the groups of the loop have done, by format; those that have ended are among it.
    public internal(set) var broadcasts: [BroadcastFigures] = []

    public init() {}

    /// Those of several loops together; the longest turn is that of one of them.
    public static func + (left: LoopFigures, right: LoopFigures) -> LoopFigures {
        var sum = left
        sum.turns += right.turns
        sum.longestTurn = max(left.longestTurn, right.longestTurn)
        sum.busy += right.busy
        sum.writing = left.writing + right.writing
        sum.published += right.published
        for (format, figures) in right.broadcasts.enumerated() {
            if format == sum.broadcasts.count { sum.broadcasts.append(BroadcastFigures()) }
            sum.broadcasts[format] = sum.broadcasts[format] + figures
        }
        return sum
    }
}

extension ServiceLoop {
    /// What it has done so far, and how things are now: exact, and at the cost of a look at each member that is behind. On the
    /// loop only.
    public var figures: LoopFigures {
        preconditionIsCurrent("ServiceLoop.figures")
        var figures = LoopFigures()
        figures.turns = turnMeter.count
        let time = LoopClock.nanoseconds
        // The turn that is under way, too: who asks is served in it.
        let longest = max(turnMeter.longestTurn(at: time), turnBegin == 0 ? 0 : time - turnBegin)
        figures.longestTurn = .nanoseconds(Int64(clamping: longest))
        figures.busy = Self.threadTime
        figures.writing = writing
        totals.report(to: &figures, now)
        return figures
    }

    private static var threadTime: Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
