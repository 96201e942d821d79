/// How many connections a server accepts at first, so that the clients of one that was restarted do not all come in one
/// moment: the others wait in the queue of the system, and nobody is refused.
public struct AcceptPace: Sendable, Hashable {
    /// How many connections in any second.
    public var perSecond: Int
    /// For how long from the start on.
    public var duration: Duration

    public init(perSecond: Int, duration: Duration) {
        self.perSecond = perSecond
        self.duration = duration
    }
}

/// Keeps to a pace: of the connections of a second, each tick of the loop's timers takes its part. Times are those of the
/// loop's clock, in milliseconds.
struct AcceptPacer {
    private static let tick = TimerWheel.tickMilliseconds
    /// A second that begins within a tick touches one tick more than it has.
    private static let ticks = 1_000 / tick + 1

    private let countPerTick: UInt64
    private let end: UInt64
    /// How many there may be in a second, if not every tick may have one; otherwise 0.
    private let few: Int
    /// When so many were accepted last.
    private var last: [UInt64] = []
    private var current: UInt64 = 0
    private var count: UInt64 = 0

    init(_ pace: AcceptPace, now: UInt64) {
        let rate = UInt64(max(pace.perSecond, 1))
        countPerTick = max(rate / Self.ticks, 1)
        few = rate < Self.ticks ? Int(rate) : 0
        end = now + pace.duration.milliseconds
    }

    /// Whether the pace is over.
    func hasEnded(_ now: UInt64) -> Bool { now >= end }

    /// When one more may be accepted; nil for now.
    func rest(_ now: UInt64) -> UInt64? {
        if few > 0, last.count == few, now < last[0] + 1_000 { return last[0] + 1_000 }
        guard now / Self.tick == current, count >= countPerTick else { return nil }
        return (current + 1) * Self.tick
    }

    /// One was accepted.
    mutating func note(_ now: UInt64) {
        let tick = now / Self.tick
        if tick != current { (current, count) = (tick, 0) }
        count += 1
        guard few > 0 else { return }
        if last.count == few { last.removeFirst() }
        last.append(now)
    }
}
