import TestSupport
import Testing

@testable import broadcast_server

/// What only a log on servers has to bear.
@Suite(.timeLimit(.minutes(1))) struct JetStreamLogTests {
    @Test func `nothing is lost or doubled when the server is killed and comes back`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        let logs = [try await LogFixture.open(server), try await LogFixture.open(server)]
        let readers = logs.map(LogReader.init)
        let count = 300
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, log) in logs.enumerated() {
                group.addTask {
                    for number in 1...count { _ = try await log.append("\(index) \(number)", number: UInt64(number)) }
                }
            }
            _ = try await readers[0].texts(50)
            server.kill()
            try server.startAgain()
            _ = try await readers[0].texts(250)
            server.kill()
            try server.startAgain()
            try await group.waitForAll()
        }
        let texts = [try await readers[0].texts(2 * count), try await readers[1].texts(2 * count)]
        #expect(texts[0] == texts[1])
        for index in 0..<2 {
            #expect(texts[0].filter { $0.hasPrefix("\(index) ") } == (1...count).map { "\(index) \($0)" })
        }
        for log in logs { log.close() }
        #expect(readers.allSatisfy { $0.batchCount == 2 * count })
    }

    /// Runs `body` with a server, a node's way to it, and what the node is told; one batch is stored.
    private func withLog(_ body: (NATSServer, JetStreamLog, LogReader) async throws -> Void) async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        let log = try await LogFixture.open(server)
        defer { log.close() }
        let reader = LogReader(log)
        _ = try await log.append("a", number: 1)
        try await body(server, log, reader)
    }

    @Test func `a node is told that it is away, and that it is back`() async throws {
        try await withLog { server, log, reader in
            server.kill()
            try await reader.hearsAway()
            let fault = await #expect(throws: SharedLogFault.self) {
                try await log.append("b", number: 2, within: .milliseconds(300))
            }
            guard case .unanswered = fault else {
                Issue.record("\(String(describing: fault))")
                return
            }
            try server.startAgain()
            try await reader.hearsBack()
            _ = try await log.append("c", number: 3)
            #expect(try await reader.texts(2).last == "c")
        }
    }

    @Test func `a server that stands still is waited for`() async throws {
        try await withLog { server, log, reader in
            server.stop()
            async let place = log.append("b", number: 2)
            // It goes on once the node knows, so that the batch has to be sent again.
            try await reader.hearsAway()
            server.goOn()
            _ = try await place
            try await reader.hearsBack()
            _ = try await log.append("c", number: 3)
            #expect(try await reader.texts(3) == ["a", "b", "c"])
        }
    }

    @Test func `after what was given up, a server that goes on is back without anything to store`() async throws {
        try await withLog { server, log, reader in
            server.stop()
            await #expect(throws: SharedLogFault.self) {
                try await log.append("b", number: 2, within: .milliseconds(2_800))
            }
            try await reader.hearsAway()
            server.goOn()
            try await reader.hearsBack()
        }
    }

    @Test func `a log gives signs of life when it stores something, and when there is nothing to tell`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        let log = try await LogFixture.open(server)
        defer { log.close() }
        let beginning = ContinuousClock.now
        _ = try await log.append("a", number: 1)
        #expect(log.lastSign >= beginning)
        let reader = LogReader(log)
        _ = try await reader.texts(1)
        let (sign, limit) = (log.lastSign, ContinuousClock.now + .seconds(30))
        while log.lastSign == sign, ContinuousClock.now < limit { await Task.yield() }
        #expect(log.lastSign > sign)
    }

    @Test func `a stream with other settings is an error that names them`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        let log = try await LogFixture.open(server)
        let failure = await #expect(throws: Failure.self) {
            try await LogFixture.open(server) { settings in
                settings.history.maximumMessages = 70_000
                settings.history.maximumAge = .seconds(60)
            }
        }
        #expect(failure?.code == .badConfiguration)
        #expect(failure?.message.contains("max_msgs_per_subject is 65536 and should be 70000") == true)
        #expect(failure?.message.contains("max_age is 86400.0 seconds and should be 60.0 seconds") == true)
        log.close()
    }

    @Test func `a start without a server is an error that says so`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        server.kill()
        let failure = await #expect(throws: Failure.self) {
            try await LogFixture.open(server) { $0.startLimit = .milliseconds(100) }
        }
        #expect(failure?.code == .unavailable)
        #expect(failure?.message.contains(server.url) == true)
    }

    @Test func `a start that waits goes on when the server comes`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        server.kill()
        async let log = LogFixture.open(server) { $0.startLimit = nil }
        try server.startAgain()
        try await log.close()
    }

    @Test func `a start that waits is given up when nobody wants it any more`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        server.kill()
        let isGivenUp = Monitor(false)
        let start = Task { try await LogFixture.open(server, unless: isGivenUp) { $0.startLimit = nil } }
        isGivenUp.update { $0 = true }
        let result = await start.result
        #expect(throws: Failure.self) { try result.get() }
    }

    private func jetStream(of server: NATSServer) async throws -> JetStream {
        try await onThread { Result { try JetStream(NATSConnection([server.url], NATSAccess(), name: "t") { _ in }) } }
            .get()
    }

    @Test func `nodes that come at the same moment have one log, and its stream says which`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        let epochs = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let log = try await LogFixture.open(server)
                    defer { log.close() }
                    return log.epoch
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(epochs.count == 1)
        let stream = try await jetStream(of: server).stream("BROADCAST")
        #expect(epochs == [stream.epoch.rawValue])
        #expect(stream.description == stream.epoch.description)
    }

    @Test func `a stream that was made anew is another log`() async throws {
        try await withLog { server, log, reader in
            let other = try await LogFixture.open(server)
            try await jetStream(of: server).deleteStream("BROADCAST")
            server.kill()
            try server.startAgain()
            _ = try await reader.first(1) { if case .replaced = $0 { true } else { nil } }
            let next = try await LogFixture.open(server)
            #expect(next.epoch != log.epoch)
            for log in [other, next] { log.close() }
        }
    }

    @Test func `a user and a password let a node in, and wrong ones do not`() async throws {
        let server = try await NATSServer.start("authorization { user: ann, password: secret }")
        defer { withExtendedLifetime(server) {} }
        let log = try await LogFixture.open(server) { ($0.access.user, $0.access.password) = ("ann", "secret") }
        _ = try await log.append("a", number: 1)
        log.close()
        let failure = await #expect(throws: Failure.self) {
            try await LogFixture.open(server) { settings in
                (settings.access.user, settings.access.password) = ("ann", "wrong-one")
                settings.startLimit = .milliseconds(100)
            }
        }
        #expect(failure?.message.contains("wrong-one") == false)
    }
}
