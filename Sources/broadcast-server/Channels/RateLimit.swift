/// How often something may be done: so many times at once, then once in each interval. Pure.
struct RateLimit: Sendable {
    let burst: Int
    let interval: Duration

    /// What one who is limited has used up.
    struct Use: Sendable {
        /// When all of it is free again; nil at the beginning.
        fileprivate var end: ContinuousClock.Instant?
    }

    /// Whether it may be done once more, which is counted then.
    func allows(_ use: inout Use, now: ContinuousClock.Instant) -> Bool {
        let end = max(use.end ?? now, now)
        guard now.duration(to: end) <= interval * (burst - 1) else { return false }
        use.end = end + interval
        return true
    }
}
