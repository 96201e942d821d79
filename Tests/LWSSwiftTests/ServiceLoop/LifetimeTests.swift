import Testing

@testable import LWSSwift

/// Who waits for whom at the end: loops for the handlers of their connections, and nobody for ever.
@Suite(.timeLimit(.minutes(1))) struct LifetimeTests {
    /// Something slow that a handler waits for, such as a database.
    private final class Gate: Sendable {
        private let isOpen = Watched(false)
        let hasVisitor = Watched(false)

        func open() { isOpen.update { $0 = true } }

        func pass() async throws {
            hasVisitor.update { $0 = true }
            try await isOpen.wait { $0 }
        }
    }

    private static func loop(handlerDeadline: Duration) async throws -> ServiceLoop {
        try await ServiceLoop.start(.init(handlerDeadline: handlerDeadline))
    }

    // MARK: After the loop's end

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

    private struct Place: Sendable {
        let connection: WebSocketConnection
        let member: BroadcastMember
    }

    /// In a process of its own, which a trap would end.
    @Test func `a task that outlives its loop may use whatever belongs to the loop`() async throws {
        await #expect(processExitsWith: .success) {
            let loop = try await Self.loop(handlerDeadline: .zero)
            let group = BroadcastGroup(on: loop)
            let place = Watched<Place?>(nil)
            let gate = Gate()
            let server = try await WebSocketServer.start(.init(host: "127.0.0.1", port: 0), on: loop) { connection in
                let joined = Place(connection: connection.connection, member: group.join(connection))
                place.update { $0 = joined }
            }
            let clientLoop = try await ServiceLoop.start()
            _ = try await WebSocketClient.connect(to: server.url, on: clientLoop)
            try await place.wait { $0 != nil }
            let (connection, member) = (place.value!.connection, place.value!.member)
            let bound = LoopBound(loop, 7)
            let resident = Resident(loop)
            let task = Task(executorPreference: loop.taskExecutor) {
                try await gate.pass()
                precondition(bound.value == 7 && loop.isCurrent)
                loop.preconditionIsCurrent()
                loop.removeTurnHook(loop.addTurnHook {})
                let isAssumed = resident.isOnLoopByAssumption()
                let isReached = await resident.isOnLoop()
                precondition(isAssumed && isReached)

                let confined = connection.onLoop
                precondition(!confined.isOpen && confined.queuedBytes == 0)
                precondition(confined.trySend("late") == .dropped)
                confined.onMessage { _ in }
                confined.onMessage(nil)
                confined.onWritable {}
                let closes = Watched(0)
                confined.onClose { _ in closes.update { $0 += 1 } }
                precondition(closes.value == 1)
                confined.pauseReading()
                confined.resumeReading()
                confined.close()

                member.onLoss { _ in }
                member.leave()
                group.join(confined).leave()
                group.trySend("late", from: member)
                precondition(group.memberCount == 0)

                await #expect { try await connection.send("late") } throws: { Self.isStopped($0) }
                await #expect { _ = try await connection.ping() } throws: { Self.isStopped($0) }
                await #expect { try await group.send("late") } throws: { Self.isStopped($0) }
                await #expect { try await loop.run {} } throws: { Self.isStopped($0) }
                _ = await connection.close()
                for await _ in connection.states {}
                for await _ in server.connections {}
                await server.shutdown()
                await loop.shutdown()
                precondition(loop.isCurrent)
            }
            try await gate.hasVisitor.wait { $0 }
            await loop.shutdown()
            precondition(!loop.isCurrent)
            gate.open()
            try await task.value
            await clientLoop.shutdown()
        }
    }

    private static func isStopped(_ error: any Error) -> Bool {
        (error as? WebSocketError)?.code == .loopStopped
    }

    @Test func `jobs that come after the end of a loop run one at a time`() async throws {
        let loop = try await ServiceLoop.start()
        await loop.shutdown()
        let count = LoopBound(loop, Counter())
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask(executorPreference: loop.taskExecutor) {
                    for _ in 0..<500 {
                        count.value.number += 1
                        await Task.yield()
                    }
                }
            }
        }
        let sum = await Task(executorPreference: loop.taskExecutor) { count.value.number }.value
        #expect(sum == 4_000)
    }

    private final class Counter {
        var number = 0
    }

    // MARK: Handlers

    @Test func `a loop ends after the handlers of its connections`() async throws {
        let gate = Gate()
        let steps = Watched<[String]>([])
        let isConnected = Watched(false)
        try await withServer { server in
            let loop = try await ServiceLoop.start()
            let client = Task {
                try await WebSocketClient.connect(to: server.url, .patient, on: loop) { connection in
                    isConnected.update { $0 = true }
                    for try await _ in connection.messages {}
                    try await gate.pass()
                    // Traps where the loop is not.
                    precondition(!connection.onLoop.isOpen && loop.isOnThread)
                    steps.append("handler")
                }
            }
            try await isConnected.wait { $0 }
            let shutdown = Task {
                await loop.shutdown()
                steps.append("loop")
            }
            try await gate.hasVisitor.wait { $0 }
            gate.open()
            await shutdown.value
            try await client.value
        }
        #expect(steps.value == ["handler", "loop"])
    }

    @Test func `run returns after the last handler, with a loop that has not ended before`() async throws {
        let gate = Gate()
        let steps = Watched<[String]>([])
        let url = Watched<String?>(nil)
        let run = Task {
            try await WebSocketServer.run(.init(host: "127.0.0.1", port: 0)) { server in
                url.update { $0 = server.url }
            } handler: { connection in
                for try await _ in connection.messages {}
                try await gate.pass()
                precondition(!connection.onLoop.isOpen && connection.loop.isOnThread)
                steps.append("handler")
            }
            steps.append("run")
        }
        try await url.wait { $0 != nil }
        try await withLoop { loop in
            let client = try await WebSocketClient.connect(to: url.value!, .patient, on: loop)
            run.cancel()
            #expect(await client.waitUntilClosed().code == .goingAway)
            try await gate.hasVisitor.wait { $0 }
            gate.open()
            try await run.value
        }
        #expect(steps.value == ["handler", "run"])
    }

    @Test func `a loop waits for handlers no longer than its deadline`() async throws {
        let gate = Gate()
        try await withServer { server in
            let loop = try await Self.loop(handlerDeadline: .milliseconds(50))
            let client = Task {
                try await WebSocketClient.connect(to: server.url, .patient, on: loop) { connection in
                    try await gate.pass()
                    return connection.onLoop.isOpen
                }
            }
            try await gate.hasVisitor.wait { $0 }
            await loop.shutdown()
            gate.open()
            let isOpen = try await client.value
            #expect(!isOpen)
        }
    }

    @Test func `a handler that shuts its own loop down is not waited for`() async throws {
        try await withServer { server in
            let loop = try await Self.loop(handlerDeadline: .seconds(3_600))
            try await WebSocketClient.connect(to: server.url, .patient, on: loop) { _ in
                await Task { await loop.shutdown() }.value
            }
        }
    }

    // MARK: Hooks and streams

    @Test func `closures for the end of a connection add up, and the handler is cancelled all the same`() async throws {
        let closes = Watched<[Int]>([])
        let isCancelled = Watched(false)
        let url = Watched<String?>(nil)
        let run = Task {
            try await WebSocketServer.run(.init(host: "127.0.0.1", port: 0)) { server in
                url.update { $0 = server.url }
            } handler: { connection in
                connection.onLoop.onClose { _ in closes.append(1) }
                connection.onLoop.onClose { _ in closes.append(2) }
                try? await connection.send("ready")
                try? await Task.sleep(for: .seconds(3_600))
                isCancelled.update { $0 = Task.isCancelled }
            }
        }
        try await url.wait { $0 != nil }
        try await WebSocketClient.connect(to: url.value!, .patient) { connection in
            for try await _ in connection.messages { break }
        }
        try await isCancelled.wait { $0 }
        #expect(closes.value == [1, 2])
        run.cancel()
        try await run.value
    }

    @Test func `streams of states and of connections that nobody reads any more are forgotten`() async throws {
        try await withServer { server in
            try await withLoop { loop in
                let client = try await WebSocketClient.connect(to: server.url, .patient, on: loop)
                for _ in 0..<100 {
                    _ = client.states
                    _ = server.connections
                }
                var iterator = client.states.makeAsyncIterator()
                #expect(await iterator.next() == .open)
                let kept = Watched(100)
                while kept.value > 1 {
                    let count = try await loop.run { client.core.extras?.stateObservers.count ?? 0 }
                    kept.update { $0 = count }
                }
                while kept.value > 0 {
                    let count = try await server.loop.run { server.cores[0].observers.count }
                    kept.update { $0 = count }
                }
            }
        }
    }
}
