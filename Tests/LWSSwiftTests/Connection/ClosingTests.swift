import LWSSwift
import TestSupport
import Testing

/// How both sides of a connection learn of its end.
@Suite(.timeLimit(.minutes(1))) struct ClosingTests {
    @Test(arguments: [WebSocketRole.server, .client])
    func `both sides hear the same code and reason, and who began`(role: WebSocketRole) async throws {
        try await withBothEnds { server, client in
            let (first, second) = role == .server ? (server, client) : (client, server)
            async let heard = second.waitUntilClosed()
            let close = await first.close(code: .init(rawValue: 4_321), reason: "göne")
            #expect(
                close == WebSocketClose(code: .init(rawValue: 4_321), reason: "göne", initiator: .local, isClean: true)
            )
            let expected = WebSocketClose(code: .init(rawValue: 4_321), reason: "göne", initiator: .peer, isClean: true)
            #expect(await heard == expected)
        }
    }

    @Test(arguments: [WebSocketRole.server, .client])
    func `what was sent before the close arrives before it`(role: WebSocketRole) async throws {
        try await withBothEnds { server, client in
            let (first, second) = role == .server ? (server, client) : (client, server)
            for number in 0..<1_000 { try await first.send(.text("\(number)")) }
            async let closed = first.close()
            var received = 0
            for try await message in second.messages {
                #expect(message == .text("\(received)"))
                received += 1
            }
            #expect(received == 1_000)
            #expect(await closed.isClean)
        }
    }

    @Test func `the states go from open through closing to closed`() async throws {
        try await withBothEnds { server, client in
            let states = client.states
            async let all: [WebSocketConnection.State] = states.reduce(into: []) { $0.append($1) }
            // The stream begins with the present state once the loop has come to it.
            try await client.loop.run {}
            await client.close(code: .normalClosure)
            let close = WebSocketClose(code: .normalClosure, initiator: .local, isClean: true)
            #expect(await all == [.open, .closing, .closed(close)])
        }
    }

    @Test func `closing twice closes once, with the first code`() async throws {
        try await withBothEnds { server, client in
            async let first = client.close(code: .goingAway)
            async let second = client.close(code: .normalClosure)
            let closes = await [first, second]
            #expect(closes[0] == closes[1])
        }
    }

    @Test func `sending on a closed connection says how it ended`() async throws {
        try await withBothEnds { server, client in
            await client.close(reason: "done")
            await #expect { try await client.send("late") } throws: {
                ($0 as? WebSocketError)?.code == .closed && ($0 as? WebSocketError)?.close?.reason == "done"
            }
            let result = try await client.loop.run { client.onLoop.trySend("late") }
            #expect(result == .dropped)
        }
    }

    @Test func `messages end without an error after a close in good order, and with one after another`() async throws {
        try await withBothEnds { server, client in
            async let closed = server.close(code: .goingAway)
            for try await _ in client.messages {}
            _ = await closed
        }
        try await withBothEnds { server, client in
            async let closed = server.close(code: .internalError)
            await #expect { for try await _ in client.messages {} } throws: {
                ($0 as? WebSocketError)?.close?.code == .internalError
            }
            _ = await closed
        }
    }

    @Test func `messages that came before the end can be read after it`() async throws {
        try await withBothEnds { server, client in
            var messages = client.messages.makeAsyncIterator()
            try await server.send("first")
            #expect(try await messages.next() == "first")
            try await server.send("second")
            await server.close(code: .internalError)
            _ = await client.waitUntilClosed()
            #expect(try await messages.next() == "second")
            await #expect { _ = try await messages.next() } throws: { ($0 as? WebSocketError)?.code == .closed }
        }
    }

    @Test func `closures are released when the connection has ended`() async throws {
        /// Tells its end.
        final class Owned: Sendable {
            let ended: Watched<Int>
            init(_ ended: Watched<Int>) { self.ended = ended }
            deinit { ended.update { $0 += 1 } }
        }
        try await withBothEnds { server, client in
            let ended = Watched(0)
            try await client.loop.run {
                let object = Owned(ended)
                client.onLoop.onMessage { _ in withExtendedLifetime(object) {} }
                client.onLoop.onWritable { withExtendedLifetime(object) {} }
                client.onLoop.onClose { _ in withExtendedLifetime(object) {} }
            }
            #expect(ended.value == 0)
            await client.close()
            try await ended.wait { $0 == 1 }
        }
    }

    @Test(arguments: [
        (WebSocketCloseCode.noStatusReceived, [] as [UInt8]), (.abnormalClosure, [0x03, 0xF3]),
        (WebSocketCloseCode(rawValue: 0), [0x03, 0xF3]), (WebSocketCloseCode(rawValue: 5_000), [0x03, 0xF3]),
    ])
    func `a code that may not be sent is mapped to one that may, or to none`(
        code: WebSocketCloseCode,
        payload: [UInt8]
    ) async throws {
        try await withRawServer { client, server in
            async let close = client.close(code: code)
            #expect(try await server.receive().payload == payload)
            try await server.send(RawFrame(.close, payload))
            #expect(await close.isClean)
        }
    }

    @Test func `two tasks that read the messages at once trap`() async throws {
        await #expect(processExitsWith: .failure) {
            try await withServer { server in
                try await WebSocketClient.connect(to: server.url) { connection in
                    async let first: Void = { for try await _ in connection.messages {} }()
                    async let second: Void = { for try await _ in connection.messages {} }()
                    _ = try await (first, second)
                }
            }
        }
    }
}
