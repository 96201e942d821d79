/// The meters of all whom something is asked of by name: subjects, or addresses. Those that were used longest ago are given
/// up when there are too many.
struct MeterTable<Key: Hashable & Sendable>: Sendable {
    static var maximumCount: Int { 10_000 }

    private var meters = RecencyMap<Key, SharedMeter>()

    var count: Int { meters.count }

    mutating func meter(of key: Key) -> SharedMeter {
        if let meter = meters[key] {
            meters.touch(key)
            return meter
        }
        if meters.count == Self.maximumCount { meters.removeFirst() }
        let meter = SharedMeter()
        meters[key] = meter
        return meter
    }
}
