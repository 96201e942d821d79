import Histogram

/// What was counted, on one loop or on all.
struct BenchFigures: Sendable {
    /// From the planned time of a message to its delivery, in nanoseconds, up to an hour.
    ///
    /// Because the plan does not wait for the server, one that stands still does not hide that it does (coordinated omission).
    private(set) var latencies = Histogram<UInt64>(
        highestTrackableValue: 3_600_000_000_000,
        numberOfSignificantValueDigits: .three
    )
    var sent = 0
    /// Could not be sent any more, because the server takes nothing.
    var unsent = 0
    private(set) var deliveries = 0
    private(set) var lastDelivery: UInt64 = 0
    /// Connections that ended before the end.
    var lost = 0

    mutating func deliver(plannedAt: UInt64, at now: UInt64) {
        deliveries += 1
        lastDelivery = now
        latencies.record(now > plannedAt ? now - plannedAt : 0)
    }

    mutating func add(_ other: BenchFigures) {
        latencies.add(other.latencies)
        sent += other.sent
        unsent += other.unsent
        deliveries += other.deliveries
        lastDelivery = max(lastDelivery, other.lastDelivery)
        lost += other.lost
    }
}
