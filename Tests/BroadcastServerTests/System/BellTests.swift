import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct BellTests {
    @Test func `rings that come while nobody waits are kept as one`() async {
        let bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait()
        let second = Task { await bell.wait() }
        await Task.yield()
        bell.ring()
        await second.value
    }

    @Test func `who is cancelled waits no longer, and others still can`() async {
        let bell = Bell()
        let cancelled = Task { await bell.wait() }
        await Task.yield()
        cancelled.cancel()
        await cancelled.value
        let next = Task {
            await bell.wait()
            return ContinuousClock.now
        }
        for _ in 0..<100 { await Task.yield() }
        let ringing = ContinuousClock.now
        bell.ring()
        #expect(await next.value >= ringing)
    }

    @Test func `a cancelled task takes no ring from the next`() async {
        let bell = Bell()
        bell.ring()
        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            await bell.wait()
        }
        cancelled.cancel()
        await cancelled.value
        await bell.wait()
    }

    @Test func `a bell that rings for good keeps nobody`() async {
        let bell = Bell()
        let waiting = Task { await bell.wait() }
        await Task.yield()
        bell.finish()
        await waiting.value
        await bell.wait()
        bell.ring()
        await bell.wait()
    }
}
