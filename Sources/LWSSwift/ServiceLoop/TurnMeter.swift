/// Counts the turns of a loop, and knows how long the longest of late was. Confined to the loop's thread.
struct TurnMeter {
    private(set) var count = 0
    /// Of this half of a minute, and of the one before.
    private var longest: (current: UInt64, previous: UInt64) = (0, 0)
    private var period: UInt64 = 0

    private static let periodNanoseconds: UInt64 = 30_000_000_000

    /// - Parameters: in nanoseconds of the system's clock.
    mutating func turnEnded(from begin: UInt64, to end: UInt64) {
        count += 1
        beginPeriod(end)
        if end > begin, end - begin > longest.current { longest.current = end - begin }
    }

    /// The longest turn of the last 30 to 60 seconds, in nanoseconds: so that nobody who asks takes it from others.
    mutating func longestTurn(at now: UInt64) -> UInt64 {
        beginPeriod(now)
        return max(longest.current, longest.previous)
    }

    private mutating func beginPeriod(_ now: UInt64) {
        let next = now / Self.periodNanoseconds
        guard next != period else { return }
        longest = (0, next == period + 1 ? longest.current : 0)
        period = next
    }
}
