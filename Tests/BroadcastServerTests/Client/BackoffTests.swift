import Testing

@testable import broadcast_server

@Suite struct BackoffTests {
    private let backoff = Backoff(first: .seconds(1), longest: .seconds(30))

    @Test(arguments: [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (6, 30), (100, 30), (Int.max, 30)])
    func `the longest wait doubles with each attempt, up to a cap`(attempt: Int, seconds: Int) {
        #expect(backoff.delay(beforeAttempt: attempt, jitter: 1) == .seconds(seconds))
    }

    @Test(arguments: [0, 5, 100])
    func `the jitter is full: a wait is any part of the longest one`(attempt: Int) {
        let longest = backoff.delay(beforeAttempt: attempt, jitter: 1)
        #expect(backoff.delay(beforeAttempt: attempt, jitter: 0) == .zero)
        #expect(backoff.delay(beforeAttempt: attempt, jitter: 0.25) == longest / 4)
    }
}
