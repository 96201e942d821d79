import Testing

@testable import broadcast_server

@Suite struct BackoffTests {
    /// Draws the least or the most that a generator can.
    private struct Constant: RandomNumberGenerator {
        let value: UInt64

        mutating func next() -> UInt64 { value }
    }

    private func longest(_ attempt: Int) -> Duration {
        let backoff = Backoff(first: .seconds(1), longest: .seconds(30))
        var generator = Constant(value: .max)
        return backoff.delay(beforeAttempt: attempt, using: &generator)
    }

    @Test(arguments: [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (6, 30), (100, 30), (Int.max, 30)])
    func `the longest wait doubles with each attempt, up to a cap`(attempt: Int, seconds: Int) {
        #expect(abs((longest(attempt) / .seconds(seconds)) - 1) < 0.001)
    }

    @Test func `the jitter is full: a wait may be nothing at all`() {
        var generator = Constant(value: 0)
        #expect(Backoff().delay(beforeAttempt: 5, using: &generator) == .zero)
    }

    @Test func `waits are spread evenly`() {
        var generator = SystemRandomNumberGenerator()
        let backoff = Backoff(first: .seconds(1), longest: .seconds(1))
        let waits = (0..<1_000).map { _ in backoff.delay(beforeAttempt: 3, using: &generator) / .seconds(1) }
        let mean = waits.reduce(0, +) / 1_000
        // Ten standard deviations of the mean of 1,000 draws.
        #expect(abs(mean - 0.5) < 0.1)
        #expect(waits.allSatisfy { 0...1 ~= $0 })
    }
}
