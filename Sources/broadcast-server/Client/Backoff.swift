/// How long to wait before the next attempt to connect: exponential, with full jitter, so that the clients of a server
/// that restarts do not all come back in the same moment.
///
/// Before attempt n, counted from 0, the wait is a random part of `first` × 2ⁿ, but never more than `longest`.
struct Backoff: Equatable, Sendable {
    /// The longest wait before the first attempt.
    var first = Duration.milliseconds(500)
    var longest = Duration.seconds(30)

    /// The wait before an attempt.
    ///
    /// - Parameter jitter: which part of the longest wait it is: a random number from 0 to 1.
    func delay(beforeAttempt attempt: Int, jitter: Double) -> Duration {
        // Beyond 32 doublings any cap that makes sense is reached, and nothing overflows.
        min(first * (1 << min(max(attempt, 0), 32)), longest) * jitter
    }
}
