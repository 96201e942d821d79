import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// `connect` and `publish` as parts of scripts.
@Suite(.timeLimit(.minutes(1))) struct ScriptTests {
    @Test func `texts of the command line are sent in place of the input`() async throws {
        let server = try await RunningProgram.server()
        let listener = try await RunningProgram.client(of: server)
        let client = try RunningProgram(["connect", server.url, "--send", "one", "--send", "two"])
        #expect(try await client.exitCode() == 0)
        try await listener.waitForOutput("Client 2: one\nClient 2: two\n")
    }

    @Test func `publish sends its arguments, to the server named first`() async throws {
        let server = try await RunningProgram.server()
        let listener = try await RunningProgram.client(of: server)
        let client = try RunningProgram(["publish", server.url, "one two", "three"])
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "" && client.error == "")
        try await listener.waitForOutput("Client 2: one two\nClient 2: three\n")
    }

    @Test func `publish without texts sends the lines of its input, one by one as they come`() async throws {
        let server = try await RunningProgram.server()
        let listener = try await RunningProgram.client(of: server)
        let client = try RunningProgram(["publish", server.url])
        client.type("one\n")
        try await listener.waitForOutput("Client 2: one\n")
        client.type("two\n")
        try await listener.waitForOutput("Client 2: two\n")
        client.endInput()
        #expect(try await client.exitCode() == 0)
    }

    @Test(arguments: [
        (["hello"], Defaults.url, ["hello"]), (["ws://a", "b", "c"], "ws://a", ["b", "c"]), ([], Defaults.url, []),
        (["b", "ws://a"], Defaults.url, ["b", "ws://a"]), (["ws+unix:/run/a", "b"], "ws+unix:/run/a", ["b"]),
        (["HTTPS://a/t", "b"], "HTTPS://a/t", ["b"]), (["see https://ci/5"], Defaults.url, ["see https://ci/5"]),
        (["https://ci/5 is red"], Defaults.url, ["https://ci/5 is red"]), (["ftp://a"], Defaults.url, ["ftp://a"]),
        (["http: bad"], Defaults.url, ["http: bad"]), (["ws", "b"], Defaults.url, ["ws", "b"]),
    ])
    func `the first argument is the server when it is a URL`(arguments: [String], url: String, texts: [String]) throws {
        let command = try PublishCommand.parse(arguments)
        #expect(command.addressed == (url, texts))
    }

    @Test func `a client can leave after a number of messages`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server, ["--count", "2"])
        let peer = try await RawPeer.upgraded(port: server.port)
        for text in ["one", "two"] { try await peer.send(.text(text)) }
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "Client 2: one\nClient 2: two\n")
    }

    @Test func `a question can be sent, and its answer waited for`() async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        let client = try RunningProgram(["connect", server.url, "--send", "ping", "--expect", "pong", "--quiet"])
        #expect(try await peer.receive() == .text("Client 2: ping"))
        try await peer.send(.text("what?"))
        try await peer.send(.text("pong"))
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "Client 1: what?\nClient 1: pong\n")
        #expect(client.error == "")
    }

    @Test func `objects of the server are printed as JSON, one a line`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--json", "--count", "1"])
        let peer = try await ChatPeer.accept(listener)
        let ann = Member(id: ClientID(number: 2), name: "ann")
        try await peer.send(.joined(Presence(member: ann, count: 2)))
        try await peer.send(.message(ChatMessage(id: "1.5", from: ann, time: 1, text: "a\nb")))
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
        let objects = try client.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(objects.map { $0["type"] as? String } == ["welcome", "joined", "message"])
        #expect(objects.last?["text"] as? String == "a\nb")
    }

    @Test func `bytes come in whole and go out as they are`() async throws {
        let server = try await RunningProgram.server()
        let peer = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 1\n")
        let client = try RunningProgram(["connect", server.url, "--binary", "--count", "1"], input: "a\nb\0")
        #expect(try await peer.receive() == RawFrame(.binary, Array("a\nb\0".utf8)))
        try await peer.send(.text("not a binary message"))
        try await peer.send(RawFrame(.binary, Array("c\n\0d".utf8)))
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "c\n\0d")
    }

    @Test func `a quiet client tells errors only`() async throws {
        let server = try await RunningProgram.server()
        let client = try RunningProgram(["connect", server.url, "--quiet"], input: "hello\n")
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "" && client.error == "")
    }

    @Test func `header fields, origin and subprotocol go into the handshake`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram([
            "connect", listener.url, "--header", "Authorization: Bearer a:b", "--header", "X-Test: 1", "--origin",
            "https://example.com", "--subprotocol", "other", "--subprotocol", "more",
        ])
        let peer = try await listener.accept()
        let head = try await peer.readHead()
        #expect(head.contains("Authorization: Bearer a:b\r\n") && head.contains("X-Test: 1\r\n"))
        #expect(head.contains("Origin: https://example.com\r\n"))
        #expect(head.contains("Sec-WebSocket-Protocol: other, more\r\n"))
        try await peer.write(RawListener.answer(to: head, fields: ["Sec-WebSocket-Protocol: more"]))
        try await peer.send(.text("plain"))
        try await client.waitForOutput("plain\n")
        client.endInput()
        _ = try await peer.receiveToEnd()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a silent server is asked whether it is there as often as wanted`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--ping-interval", "100ms"])
        let peer = try await listener.acceptUpgraded()
        #expect(try await peer.receive().opcode == .ping)
        client.endInput()
        _ = try await peer.receiveToEnd()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a server that does not answer the handshake is given up after the time for a connection`() async throws
    {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--connect-timeout", "2s"])
        let peer = try await listener.accept()
        #expect(try await client.exitCode() == ExitCode.unavailable.rawValue)
        #expect(client.error.contains("did not answer the handshake in time"))
        withExtendedLifetime(peer) {}
    }

    @Test func `a message from the server that is larger than allowed ends the client`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--max-message", "10", "--no-reconnect"])
        let peer = try await listener.acceptUpgraded()
        try await peer.send(.text("0123456789a"))
        let frames = try await peer.receiveToEnd()
        #expect(frames.last?.closeCode == 1009)
        #expect(try await client.exitCode() == ExitCode.protocolError.rawValue)
    }

    @Test func `a message that is larger than the server takes is refused by the client, and others get through`()
        async throws
    {
        let server = try await RunningProgram.server(["--max-message", "1K"])
        let client = try RunningProgram(
            ["publish", server.url],
            input: "one\n\(String(repeating: "x", count: 2_000))\nthree\n"
        )
        #expect(try await client.exitCode() == ExitCode.badInput.rawValue)
        #expect(client.error.contains("and 1024 are allowed"), "\(client.error)")
        try await server.waitForOutput(": one\n")
        try await server.waitForOutput(": three\n")
    }
}
