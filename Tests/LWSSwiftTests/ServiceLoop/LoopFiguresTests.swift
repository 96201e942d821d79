import TestSupport
import Testing

@testable import LWSSwift

@Suite struct LoopFiguresTests {
    @Test(arguments: [
        (0, 0), (1, 0), (1_000, 0), (1_001, 1), (2_000, 1), (2_001, 2), (4_000, 2), (1_048_576_000, 20),
        (8_388_608_000, 23), (8_388_608_001, 24), (1_000_000_000_000, 24),
    ])
    func `a time is in the first range that reaches up to it`(nanoseconds: UInt64, index: Int) {
        var histogram = LatencyHistogram()
        histogram.add(nanoseconds: nanoseconds)
        #expect(histogram.counts.firstIndex(of: 1) == index)
        #expect(histogram.sum == .nanoseconds(Int64(nanoseconds)))
        if index < LatencyHistogram.bounds.count { #expect(histogram.sum <= LatencyHistogram.bounds[index]) }
        if index > 0 { #expect(histogram.sum > LatencyHistogram.bounds[index - 1]) }
    }

    @Test func `the longest turn is known for half a minute at least, and for a minute at most`() {
        var meter = TurnMeter()
        let second: UInt64 = 1_000_000_000
        meter.turnEnded(from: 1, to: 11)
        meter.turnEnded(from: 28 * second, to: 29 * second)
        meter.turnEnded(from: 39 * second, to: 39 * second + 5)
        #expect(meter.count == 3)
        #expect(meter.longestTurn(at: 59 * second) == second)
        #expect(meter.longestTurn(at: 61 * second) == 5)
        #expect(meter.longestTurn(at: 200 * second) == 0)
    }

    @Test func `a loop counts its turns and what it takes`() async throws {
        let loop = try await ServiceLoop.start()
        let before = try await loop.run { loop.figures }
        // A wait is no turn.
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            loop.execute { loop.call(after: .milliseconds(500)) { waiter.resume() } }
        }
        try await loop.run {
            let end = ContinuousClock.now + .milliseconds(20)
            while ContinuousClock.now < end {}
        }
        let after = try await loop.run { loop.figures }
        await loop.shutdown()
        #expect(after.turns > before.turns)
        #expect(after.busy - before.busy > .milliseconds(1))
        #expect(after.longestTurn >= .milliseconds(20))
        #expect(after.longestTurn < .milliseconds(500))
    }
}
