/// The meters of all whom something is asked of by name: subjects, or addresses. Those that were used longest ago are given
/// up when there are too many.
struct MeterTable<Key: Hashable & Sendable>: Sendable {
    static var maximumCount: Int { 10_000 }

    private var meters = RecencyMap<Key, SharedMeter>()

    var count: Int { meters.count }

    mutating func meter(of key: Key) -> SharedMeter {
        meters.value(of: key, atMost: Self.maximumCount) { SharedMeter() }
    }
}
