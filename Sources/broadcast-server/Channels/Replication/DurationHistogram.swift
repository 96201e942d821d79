/// How long something has taken each time, counted in fixed ranges.
struct DurationHistogram: Sendable, Equatable {
    /// The upper ends of the ranges, each within its own; one more range is behind them.
    static let bounds: [Duration] =
        [250, 500].map { .microseconds($0) } + [1, 2, 5, 10, 20, 50, 100, 200, 500].map { .milliseconds($0) }
        + [1, 2, 5, 10].map { .seconds($0) }

    private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    private(set) var sum = Duration.zero
    private(set) var longest = Duration.zero

    var count: Int { counts.reduce(0, +) }
    /// nil before the first.
    var mean: Duration? { count > 0 ? sum / count : nil }

    mutating func add(_ duration: Duration) {
        counts[Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count] += 1
        sum += duration
        longest = max(longest, duration)
    }
}
