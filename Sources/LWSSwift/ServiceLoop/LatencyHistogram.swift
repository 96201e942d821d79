/// How long something has taken each time, counted in ranges whose ends double: a microsecond, two, four, up to eight seconds.
public struct LatencyHistogram: Sendable, Hashable {
    /// The upper ends of the ranges, each within its own; one more range is behind them.
    public static let bounds: [Duration] = (0..<rangeCount).map { .microseconds(1 << $0) }

    private static let rangeCount = 24

    /// How often it was in each range.
    public private(set) var counts = [Int](repeating: 0, count: rangeCount + 1)
    private var nanoseconds: UInt64 = 0

    public init() {}

    /// All together.
    public var sum: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }

    mutating func add(nanoseconds duration: UInt64) {
        let microseconds = (duration + 999) / 1_000
        // As many bits as it takes to count to it.
        let index = UInt64.bitWidth - (max(microseconds, 1) - 1).leadingZeroBitCount
        counts[min(index, Self.rangeCount)] += 1
        nanoseconds += duration
    }

    /// Those of several loops together.
    public static func + (left: LatencyHistogram, right: LatencyHistogram) -> LatencyHistogram {
        var sum = left
        for index in sum.counts.indices { sum.counts[index] += right.counts[index] }
        sum.nanoseconds += right.nanoseconds
        return sum
    }
}
