/// What all groups of a loop count, by format: it outlives them, so that nothing that was counted goes with a group. Confined
/// to the loop's thread.
struct BroadcastTotals {
    /// What one format has; its lanes count here.
    final class Format {
        var deliveries = BroadcastDeliveries()
        var sentBytes = 0
    }

    private var formats: [Format] = []
    /// By the format of the sender; the first is of those that are no members.
    private var published: ContiguousArray<BroadcastFigures.Amount> = [.init()]
    /// For what is counted when it is asked for. One that is let go of, on whatever thread, has no members.
    private var lanes: [WeakLane] = []
    private var lanesToPrune = 64

    private struct WeakLane {
        weak var lane: BroadcastLane?
    }

    /// Counts a publication that was given its place here.
    @inline(__always)
    mutating func countPublication(from sender: BroadcastMember?, _ byteCount: Int) {
        let index = sender.map { $0.lane.format + 1 } ?? 0
        while index >= published.count { published.append(.init()) }
        published[index].messages += 1
        published[index].bytes += byteCount
    }

    mutating func format(_ number: Int) -> Format {
        while number >= formats.count { formats.append(Format()) }
        return formats[number]
    }

    mutating func add(_ lane: BroadcastLane) {
        if lanes.count >= lanesToPrune {
            lanes.removeAll { $0.lane == nil }
            lanesToPrune = max(64, 2 * lanes.count)
        }
        lanes.append(WeakLane(lane: lane))
    }

    func report(to figures: inout LoopFigures, _ now: UInt64) {
        figures.published = published[0]
        figures.broadcasts = (0..<max(formats.count, published.count - 1)).map { number in
            var broadcasts = BroadcastFigures()
            if number + 1 < published.count { broadcasts.published = published[number + 1] }
            guard number < formats.count else { return broadcasts }
            broadcasts.deliveries = formats[number].deliveries
            broadcasts.sentBytes = formats[number].sentBytes
            return broadcasts
        }
        for lane in lanes.compactMap(\.lane) { lane.report(to: &figures.broadcasts[lane.format], now) }
    }
}
