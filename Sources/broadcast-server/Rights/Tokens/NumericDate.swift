import Glibc

/// A moment as tokens have it: seconds since 1970 UTC, perhaps with a fraction (RFC 7519 section 2).
struct NumericDate: Hashable, Comparable, Sendable {
    /// Up to the year 9999: somebody who counts milliseconds is told so, instead of being believed for ages.
    static let range = -62_135_596_800.0...253_402_300_799.0

    let seconds: Double

    /// - Returns: nil for what is out of ``range``.
    init?(seconds: Double) {
        guard Self.range.contains(seconds) else { return nil }
        self.seconds = seconds
    }

    private init(unchecked seconds: Double) {
        self.seconds = seconds
    }

    /// By the clock on the wall, which may be set.
    static var now: NumericDate {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return NumericDate(unchecked: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// Whole milliseconds since 1970 UTC, rounded down, as the protocol writes times.
    var milliseconds: Int64 { Int64((seconds * 1_000).rounded(.down)) }

    static func < (left: NumericDate, right: NumericDate) -> Bool { left.seconds < right.seconds }

    static func + (date: NumericDate, duration: Duration) -> NumericDate {
        NumericDate(unchecked: date.seconds + duration / .seconds(1))
    }

    static func - (date: NumericDate, duration: Duration) -> NumericDate {
        NumericDate(unchecked: date.seconds - duration / .seconds(1))
    }

    static func - (later: NumericDate, earlier: NumericDate) -> Duration {
        .seconds(later.seconds - earlier.seconds)
    }
}
