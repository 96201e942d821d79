import TestSupport
import LWSSwift
import Testing

@testable import broadcast_server

/// Servers that agree on any subprotocol that they are offered, as those of Node do by default, and speak none of them.
@Suite(.timeLimit(.minutes(1))) struct PlainServerTests {
    private static let agreement = ["Sec-WebSocket-Protocol: \(ChatProtocol.subprotocol)"]
    private static let notice = "has agreed on \(ChatProtocol.subprotocol), but does not speak it"

    @Test(arguments: [["connect", "--connect-timeout", "2s"], ["publish", "--connect-timeout", "2s"]])
    func `a server that never welcomes the client is sent plain text`(arguments: [String]) async throws {
        let listener = try RawListener()
        let all = [arguments[0], listener.url] + arguments.dropFirst()
        let client = try RunningProgram(all, input: "hello\n")
        let peer = try await listener.acceptUpgraded(fields: Self.agreement)
        #expect(try await peer.receive() == .text("hello"))
        _ = try await peer.receiveToEnd()
        #expect(try await client.exitCode() == 0)
        #expect(client.error.ranges(of: Self.notice).count == 1, "\(client.error)")
    }

    @Test(arguments: ["hello", "{\"type\":\"greeting\"}", "{}"])
    func `a server that says something else first is understood at once`(text: String) async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        let peer = try await listener.acceptUpgraded(fields: Self.agreement)
        try await peer.send(.text(text))
        try await client.waitForOutput("\(text)\n")
        client.type("answer\n")
        #expect(try await peer.receive() == .text("answer"))
        client.endInput()
        _ = try await peer.receiveToEnd()
        #expect(try await client.exitCode() == 0)
        #expect(client.error.ranges(of: Self.notice).count == 1, "\(client.error)")
    }

    @Test func `a welcome that comes late is welcome`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--connect-timeout", "2s"])
        let peer = try await listener.acceptUpgraded(fields: Self.agreement)
        try await client.waitForError(Self.notice)
        let welcome = Welcome(
            position: "1.0",
            recovered: false,
            member: Member(id: ClientID(number: 1), name: "Client 1"),
            session: ChatPeer.session,
            channel: "",
            count: 1
        )
        try await peer.send(RawFrame(.text, ChatProtocol.encode(ServerObject.welcome(welcome)).bytes))
        let message = ChatMessage(id: "1.1", from: ChatPeer.ann, time: 1, text: "hello")
        try await peer.send(RawFrame(.text, ChatProtocol.encode(ServerObject.message(message)).bytes))
        try await client.waitForOutput("ann: hello\n")
        client.endInput()
        _ = try await peer.receiveToEnd()
        #expect(try await client.exitCode() == 0)
    }

    @Test(arguments: [("on", true), ("off", false)])
    func `compression is offered unless it is switched off`(value: String, isOffered: Bool) async throws {
        for command in ["connect", "publish"] {
            let listener = try RawListener()
            let client = try RunningProgram([command, listener.url, "--compression", value], input: "")
            let peer = try await listener.accept()
            let head = try await peer.readHead()
            #expect(head.contains("permessage-deflate") == isOffered)
            try await peer.write(RawListener.answer(to: head))
            _ = try await peer.receiveToEnd()
            #expect(try await client.exitCode() == 0)
        }
    }
}
