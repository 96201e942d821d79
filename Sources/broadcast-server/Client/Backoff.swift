/// How long to wait before the next attempt to connect: exponential, with full jitter, so that the clients of a server
/// that restarts do not all come back in the same moment.
///
/// Before attempt n, counted from 0, the wait is a random part of `first` × 2ⁿ, but never more than `longest`.
struct Backoff: Equatable, Sendable {
    /// The longest wait before the first attempt.
    var first = Duration.milliseconds(500)
    var longest = Duration.seconds(30)

    /// The wait before an attempt.
    func delay(
        beforeAttempt attempt: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        // Beyond 32 doublings any cap that makes sense is reached, and nothing overflows.
        let limit = min(first * (1 << min(max(attempt, 0), 32)), longest)
        return limit * Double.random(in: 0...1, using: &generator)
    }
}
