import Foundation
import LWSSwift
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServiceLoopTests {
    /// Every behavior of the loop holds on both engines.
    static let engines: [ServiceLoop.EventLibrary] = [.libuv, .poll]

    @Test(arguments: engines)
    func `jobs of one thread run in the order they were handed in`(engine: ServiceLoop.EventLibrary) async throws {
        try await withLoop(.init(eventLibrary: engine)) { loop in
            let seen = Watched<[Int]>([])
            for number in 0..<1_000 { loop.execute { seen.append(number) } }
            try await seen.wait { $0.count == 1_000 }
            #expect(seen.value == Array(0..<1_000))
        }
    }

    @Test(arguments: engines)
    func `no job of many threads is lost`(engine: ServiceLoop.EventLibrary) async throws {
        try await withLoop(.init(eventLibrary: engine)) { loop in
            let sum = Watched(0)
            await withTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<500 { loop.execute { sum.update { $0 += 1 } } } }
                }
            }
            try await sum.wait { $0 == 4_000 }
        }
    }

    @Test(arguments: engines)
    func `a turn runs 4,096 jobs at most, and all jobs keep their order`(engine: ServiceLoop.EventLibrary) async throws
    {
        try await withLoop(.init(eventLibrary: engine)) { loop in
            let seen = Watched<[Int]>([])
            let longestTurn = Watched(0)
            try await loop.run {
                var seenBefore = 0
                _ = loop.addTurnHook {
                    let count = seen.value.count
                    longestTurn.update { $0 = max($0, count - seenBefore) }
                    seenBefore = count
                }
                for number in 0..<20_000 { loop.execute { seen.append(number) } }
            }
            try await seen.wait { $0.count == 20_000 }
            try await loop.run {}
            #expect(seen.value == Array(0..<20_000))
            #expect(longestTurn.value <= 4_096)
        }
    }

    @Test func `a closure runs on the loop's thread and nowhere else`() async throws {
        try await withLoop { loop in
            #expect(!loop.isCurrent)
            let isCurrentThere = try await loop.run { loop.isCurrent }
            #expect(isCurrentThere)
        }
    }

    @Test func `a task that prefers the loop comes back to it after it has waited`() async throws {
        try await withLoop { loop in
            let task = Task(executorPreference: loop.taskExecutor) {
                let before = loop.isCurrent
                await Task.detached {}.value
                return before && loop.isCurrent
            }
            let wasOnLoop = await task.value
            #expect(wasOnLoop)
        }
    }

    /// An actor whose executor is the loop.
    private actor Resident {
        let loop: ServiceLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

        init(_ loop: ServiceLoop) {
            self.loop = loop
        }

        func isOnLoop() -> Bool { loop.isCurrent }
        nonisolated func isOnLoopByAssumption() -> Bool { assumeIsolated { $0.loop.isCurrent } }
    }

    @Test func `an actor may live on the loop`() async throws {
        try await withLoop { loop in
            let actor = Resident(loop)
            #expect(await actor.isOnLoop())
            let isAssumed = try await loop.run { actor.isOnLoopByAssumption() }
            #expect(isAssumed)
        }
    }

    @Test func `a hook is called after every turn until it is removed`() async throws {
        try await withLoop { loop in
            let calls = Watched(0)
            let hook = try await loop.run { loop.addTurnHook { calls.update { $0 += 1 } } }
            try await calls.wait { $0 > 0 }
            let before = try await loop.run {
                loop.removeTurnHook(hook)
                return calls.value
            }
            // Each of these takes a turn at the least.
            for _ in 0..<10 { try await loop.run {} }
            #expect(calls.value == before)
        }
    }

    @Test(arguments: engines)
    func `shutting down runs every job first`(engine: ServiceLoop.EventLibrary) async throws {
        let loop = try await ServiceLoop.start(.init(eventLibrary: engine))
        let count = Watched(0)
        for _ in 0..<1_000 { loop.execute { count.update { $0 += 1 } } }
        await loop.shutdown()
        #expect(count.value == 1_000)
    }

    @Test func `a loop that was shut down refuses what comes later, and shuts down again in vain`() async throws {
        let loop = try await ServiceLoop.start()
        await loop.shutdown()
        await loop.shutdown()
        await #expect { try await loop.run {} } throws: { ($0 as? WebSocketError)?.code == .loopStopped }
        await #expect {
            _ = try await WebSocketServer.start(.init(host: "127.0.0.1", port: 0), on: loop, onConnection: echo)
        } throws: {
            ($0 as? WebSocketError)?.code == .loopStopped
        }
    }

    @Test func `a loop may be shut down from a task that runs on it`() async throws {
        let loop = try await ServiceLoop.start()
        await Task(executorPreference: loop.taskExecutor) { await loop.shutdown() }.value
        #expect(!loop.isCurrent)
    }

    @Test func `a task goes on when the loop it prefers has ended`() async throws {
        let loop = try await ServiceLoop.start()
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        let task = Task(executorPreference: loop.taskExecutor) {
            var sum = 0
            for await number in stream { sum += number }
            return sum
        }
        continuation.yield(1)
        await loop.shutdown()
        continuation.yield(2)
        continuation.finish()
        #expect(await task.value == 3)
    }

    @Test func `what belongs to a loop traps elsewhere, with a message that names the loop`() async throws {
        let result = try await #require(
            processExitsWith: .failure,
            observing: [\.standardErrorContent]
        ) {
            let loop = try await ServiceLoop.start(.init(name: "chat-loop"))
            let bound = LoopBound(loop, 7)
            _ = bound.value
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("LoopBound.value may only be used on the thread of its service loop \"chat-loop\""))
    }

    @Test func `a connection's synchronous face traps off its loop`() async throws {
        await #expect(processExitsWith: .failure) {
            try await withServer { server in
                _ = try await WebSocketClient.connect(to: server.url) { connection in connection }.onLoop
            }
        }
    }
}
