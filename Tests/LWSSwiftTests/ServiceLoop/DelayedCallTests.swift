import Testing

@testable import LWSSwift

@Suite(.timeLimit(.minutes(1))) struct DelayedCallTests {
    @Test func `a closure is called on the loop, not before its time`() async throws {
        try await withLoop { loop in
            let calls = Watched<[Duration]>([])
            let start = ContinuousClock.now
            loop.execute {
                for delay in [150, 0, 50] {
                    loop.call(after: .milliseconds(delay)) {
                        precondition(loop.isOnThread)
                        calls.append(ContinuousClock.now - start)
                    }
                }
            }
            try await calls.wait { $0.count == 3 }
            #expect(calls.value[1] >= .milliseconds(50))
            #expect(calls.value[2] >= .milliseconds(150))
        }
    }

    @Test func `a call that was cancelled does not come, and one that came may be cancelled`() async throws {
        try await withLoop { loop in
            let calls = Watched<[String]>([])
            loop.execute {
                let cancelled = loop.call(after: .milliseconds(1)) { calls.append("cancelled") }
                cancelled.cancel()
                cancelled.cancel()
                let first = loop.call(after: .milliseconds(1)) { calls.append("first") }
                loop.call(after: .milliseconds(200)) {
                    first.cancel()
                    calls.append("last")
                }
            }
            try await calls.wait { $0.contains("last") }
            #expect(calls.value == ["first", "last"])
        }
    }

    @Test func `the end of the loop drops what waits`() async throws {
        let drops = Watched(0)
        let loop = try await ServiceLoop.start()
        try await loop.run {
            let witness = Witness { drops.update { $0 += 1 } }
            loop.call(after: .seconds(3_600)) { _ = witness }
        }
        #expect(drops.value == 0)
        await loop.shutdown()
        try await drops.wait { $0 == 1 }
    }

    @Test func `a loop that ends takes no more, and does not wait for it`() async throws {
        let loop = try await ServiceLoop.start()
        let ending = Task(executorPreference: loop.taskExecutor) {
            // The loop has begun to end when the second closure runs: it was asked before.
            loop.execute { loop.beginShutdown() }
            loop.execute { loop.call(after: .seconds(3_600)) { Issue.record("called") } }
        }
        await ending.value
        await loop.shutdown()
        await Task(executorPreference: loop.taskExecutor) {
            loop.call(after: .zero) { Issue.record("called") }.cancel()
        }.value
    }

    /// Tells when nobody holds it any more.
    private final class Witness: Sendable {
        private let tell: @Sendable () -> Void

        init(_ tell: @escaping @Sendable () -> Void) {
            self.tell = tell
        }

        deinit {
            tell()
        }
    }
}
