import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// What becomes of messages when connections come and go.
@Suite(.timeLimit(.minutes(1))) struct ReconnectTests {
    @Test func `a client leaves only when its messages are acknowledged`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["publish", listener.url, "one", "two"])
        let peer = try await ChatPeer.accept(listener)
        let first = try await peer.nextMessage()
        let second = try await peer.nextMessage()
        #expect([first.text, second.text] == ["one", "two"])
        #expect(first.key != second.key)
        try await peer.acknowledge(first.key)
        try await peer.acknowledge(second.key)
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a client comes back when the server has said, and not before`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        let first = try await ChatPeer.accept(listener)
        let start = ContinuousClock.now
        try await first.send(.closing(Closing(after: 1_500)))
        try await first.close(1012)
        // The back-off alone would have it back after half a second at most.
        let second = try await ChatPeer.accept(listener)
        #expect(ContinuousClock.now - start >= .milliseconds(1_500))
        client.endInput()
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `what was not acknowledged is sent again under the same key, to the same session`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["publish", "\(listener.url)?a=b", "--name", "ann lee", "one", "two", "three"])
        let first = try await ChatPeer.accept(listener)
        #expect(first.target == "/?a=b&name=ann%20lee")
        #expect(first.shownSession == nil)
        var keys: [String] = []
        for _ in 1...3 { keys.append(try await first.nextMessage().key) }
        try await first.acknowledge(keys[1])
        try await first.close(1001)

        let second = try await ChatPeer.accept(listener)
        #expect(second.target == "/?a=b&name=ann%20lee")
        #expect(second.shownSession == ChatPeer.session)
        #expect(try await second.nextMessage() == ("one", keys[0]))
        #expect(try await second.nextMessage() == ("three", keys[2]))
        try await second.acknowledge(keys[0])
        try await second.acknowledge(keys[2])
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `nothing is sent before the server has told the session in which it is taken once`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["publish", listener.url, "one"])
        let field = "Sec-WebSocket-Protocol: \(ChatProtocol.subprotocol)"
        let first = try await listener.accept()
        let head = try await first.readHead()
        // In one piece, so that no message can come late: it would come before the answers to these.
        let frames = [RawFrame(.ping, [1]), RawFrame(.close, [0x03, 0xE9])]
        try await first.write(
            RawListener.answer(to: head, fields: [field]) + frames.flatMap { $0.encoded(masked: false) }
        )
        #expect(try await first.receiveToEnd() == [RawFrame(.pong, [1]), RawFrame(.close, [0x03, 0xE9])])
        let second = try await ChatPeer.accept(listener)
        let (text, key) = try await second.nextMessage()
        #expect(text == "one")
        try await second.acknowledge(key)
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a connection that is lost without a word is made again`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--send", "one"])
        let first = try await ChatPeer.accept(listener)
        let key = try await first.nextMessage().key
        await first.reset()
        let second = try await ChatPeer.accept(listener)
        #expect(try await second.nextMessage() == ("one", key))
        try await second.acknowledge(key)
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
        #expect(client.error.contains("Connecting again…") && client.error.contains("✅ Connected again."))
    }

    @Test func `lines that come while there is no connection are kept in order`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        try await ChatPeer.accept(listener).close(1001)
        try await client.waitForError("Connecting again…")
        let lines = (1...300).map { "line \($0)" }
        client.type(lines.map { "\($0)\n" }.joined())
        client.endInput()
        let peer = try await ChatPeer.accept(listener)
        for line in lines {
            let (text, key) = try await peer.nextMessage()
            #expect(text == line)
            try await peer.acknowledge(key)
        }
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `through three restarts of the server no line is lost or doubled`() async throws {
        var server = try await RunningProgram.server()
        let port = server.port
        let clients = [try await RunningProgram.client(of: server), try await RunningProgram.client(of: server)]
        var lines: [String] = []
        func type(_ count: Int) {
            for _ in 0..<count {
                lines.append("line \(lines.count)")
                for (number, client) in clients.enumerated() { client.type("\(number) \(lines.last!)\n") }
            }
        }
        var log = ""
        for _ in 1...3 {
            type(200)
            // Some of them have arrived: the rest is on its way while the server stops.
            try await server.waitForOutput("line \(lines.count - 190)\n")
            server.signal(SIGTERM)
            type(100)
            let code = try await server.exitCode()
            #expect(code == 0, "\(server.error)")
            log += server.output
            type(100)
            server = try await RunningProgram.server(["--port", "\(port)"])
        }
        for client in clients {
            client.endInput()
            #expect(try await client.exitCode() == 0, "\(client.error)")
        }
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == 0)
        log += server.output
        for number in clients.indices {
            let arrived = log.matches(of: #/Client \d+: (\d) (line \d+)\n/#).filter { $0.1 == "\(number)" }.map {
                String($0.2)
            }
            #expect(arrived == lines)
        }
    }

    @Test func `messages that were not sent are counted at the end`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["publish", listener.url, "--no-reconnect", "one", "two"])
        let peer = try await ChatPeer.accept(listener)
        try await peer.acknowledge(try await peer.nextMessage().key)
        _ = try await peer.nextMessage()
        try await peer.close(1000)
        #expect(try await client.exitCode() == ExitCode.unavailable.rawValue)
        #expect(client.error.contains("1 message was not sent."))
    }

    @Test func `a server that rejects the client on its return ends it`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        try await ChatPeer.accept(listener).close(1001)
        let peer = try await listener.accept()
        _ = try await peer.readHead()
        try await peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        _ = try await peer.readToEnd()
        #expect(try await client.exitCode() == ExitCode.noPermission.rawValue)
        #expect(client.error.contains("There is no way back to the server"))
    }

    @Test func `a signal ends a client that waits to connect again`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        try await ChatPeer.accept(listener).close(1001)
        try await client.waitForError("Connecting again…")
        client.signal(2)
        #expect(try await client.exitCode() == ExitCode.interrupted.rawValue)
    }
}
