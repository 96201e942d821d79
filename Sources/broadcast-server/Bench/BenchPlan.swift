import LWSSwift

/// When each message is to be sent, whatever the server does meanwhile: an open loop.
struct BenchPlan: Sendable {
    let start: UInt64
    let rate: Int
    let count: Int

    func time(of number: Int) -> UInt64 {
        // In seconds and the rest, whose products do not overflow.
        let (seconds, rest) = number.quotientAndRemainder(dividingBy: rate)
        return start + UInt64(seconds) * 1_000_000_000 + UInt64(rest) * 1_000_000_000 / UInt64(rate)
    }

    /// How many messages are due.
    func due(at now: UInt64) -> Int {
        guard now >= start else { return 0 }
        let (seconds, rest) = (now - start).quotientAndRemainder(dividingBy: 1_000_000_000)
        return min(count, Int(seconds) * rate + Int(rest * UInt64(rate) / 1_000_000_000) + 1)
    }

    /// Hands the messages to the loops when their time has come; returns when all are. Blocks the thread.
    ///
    /// A thread of its own, since a timer of a loop is as fine as a millisecond, which would count as latency.
    func perform(on lanes: [LoopBound<BenchLane>]) {
        var next = 0
        while next < count {
            BenchClock.sleep(until: time(of: next))
            let end = due(at: BenchClock.now)
            guard end > next else { continue }
            let numbers = next..<end
            for lane in lanes { lane.loop.execute { lane.value.send(numbers, of: self) } }
            next = end
        }
    }
}
