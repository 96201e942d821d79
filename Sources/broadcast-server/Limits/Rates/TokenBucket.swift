/// What is left of a rate: a bucket that fills as time passes, up to the burst, and that may owe something. Pure.
///
/// Times are seconds of a clock that nobody sets.
struct TokenBucket: Sendable, Equatable {
    /// When it is full again: all there is to know, whatever the rate.
    private var fullAt = -Double.infinity

    /// Takes something out, be it more than there is.
    ///
    /// - Returns: in how many seconds nothing is owed; 0 when nothing is.
    mutating func spend(_ amount: Int, of rate: Rate, now: Double) -> Double {
        fullAt = max(fullAt, now) + rate.seconds(for: amount)
        return owed(of: rate, now)
    }

    /// In how many seconds there is as much, or the whole burst if that is less; 0 when it is there.
    func wait(for amount: Int, of rate: Rate, now: Double) -> Double {
        let fraction = rate.seconds(for: min(amount, rate.burst))
        return max(0, max(fullAt, now) + fraction - now - rate.seconds(for: rate.burst))
    }

    private func owed(of rate: Rate, _ now: Double) -> Double {
        max(0, fullAt - now - rate.seconds(for: rate.burst))
    }
}
