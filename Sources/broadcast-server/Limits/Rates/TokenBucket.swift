/// What is left of a rate: a bucket that fills as time passes, up to the burst, and that may owe something. Pure.
///
/// Times are seconds of a clock that nobody sets.
struct TokenBucket: Sendable, Equatable {
    /// When it is full again, at the rate that was known last.
    private var fullAt = -Double.infinity
    private var rate = Rate.none

    /// Takes something out, be it more than there is.
    ///
    /// - Returns: in how many seconds nothing is owed; 0 when nothing is.
    mutating func spend(_ amount: Int, of rate: Rate, now: Double) -> Double {
        adapt(to: rate, now)
        fullAt = max(fullAt, now) + rate.seconds(for: amount)
        return max(0, fullAt - now - rate.seconds(for: rate.burst))
    }

    /// In how many seconds there is as much, or the whole burst if that is less; 0 when it is there.
    func wait(for amount: Int, of rate: Rate, now: Double) -> Double {
        var adapted = self
        adapted.adapt(to: rate, now)
        let fraction = rate.seconds(for: min(amount, rate.burst))
        return max(0, max(adapted.fullAt, now) + fraction - now - rate.seconds(for: rate.burst))
    }

    /// What is missing in it stays the same when it fills at another rate from now on; what it owes is paid at that one.
    private mutating func adapt(to new: Rate, _ now: Double) {
        guard new != rate else { return }
        if rate.isLimit, fullAt > now {
            let missing = (fullAt - now) * Double(rate.perSecond)
            let owed = max(0, missing - Double(rate.burst))
            let amount = owed > 0 ? Double(new.burst) + owed : min(missing, Double(new.burst))
            fullAt = now + amount / Double(new.perSecond)
        }
        rate = new
    }
}
