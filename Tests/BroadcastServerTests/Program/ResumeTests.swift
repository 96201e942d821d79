import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// How the client goes on in its channel after a connection has ended.
@Suite(.timeLimit(.minutes(1))) struct ResumeTests {
    @Test func `a client that comes back asks for what is behind the last it has shown, as the member it was`()
        async throws
    {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        let first = try await ChatPeer.accept(listener)
        #expect(first.target == "/" && first.shownSession == nil)
        try await first.say("one", "1.4")
        try await client.waitForOutput("ann: one\n")
        await first.reset()
        let second = try await ChatPeer.accept(listener, position: "1.4", recovered: true)
        #expect(second.target == "/?after=1.4" && second.shownSession == ChatPeer.session)
        try await second.say("two", "1.6")
        try await second.send(.position("1.7"))
        try await client.waitForOutput("ann: two\n")
        try await second.close(1012)
        let third = try await ChatPeer.accept(listener, position: "1.7", recovered: true)
        #expect(third.target == "/?after=1.7" && third.shownSession == ChatPeer.session)
        client.endInput()
        try await third.endOfClient()
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "ann: one\nann: two\n")
    }

    @Test func `a client that has heard nothing yet still knows where it came in`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        try await ChatPeer.accept(listener, position: "k3f9.41").close(1012)
        let second = try await ChatPeer.accept(listener, position: "k3f9.41")
        #expect(second.target == "/?after=k3f9.41")
        client.endInput()
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test(arguments: [
        (["--last", "50"], "/?last=50"), (["--after", "k3f9.7"], "/?after=k3f9.7"), (["--last", "0"], "/?last=0"),
    ])
    func `where to begin is asked for once`(flags: [String], target: String) async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url] + flags)
        let first = try await ChatPeer.accept(listener, position: "k3f9.9")
        #expect(first.target == target)
        try await first.close(1012)
        let second = try await ChatPeer.accept(listener)
        #expect(second.target == "/?after=k3f9.9")
        client.endInput()
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `what is missing is told, and the place is behind it`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        try await ChatPeer.accept(listener, position: "1.3").close(1012)
        let second = try await ChatPeer.accept(listener, position: "1.41")
        try await second.send(.gap(Gap(from: "1.3", to: "1.41", missing: 38, reason: .expired)))
        try await client.waitForError("[WARNING] — 38 messages are missing: the server no longer has them —\n")
        await second.reset()
        let third = try await ChatPeer.accept(listener)
        #expect(third.target == "/?after=1.41")
        client.endInput()
        try await third.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `a session that goes on elsewhere is not taken back`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        let peer = try await ChatPeer.accept(listener)
        try await peer.close(4000, reason: "The session goes on in another connection.")
        #expect(try await client.exitCode() == ExitCode.protocolError.rawValue)
        #expect(client.error.contains("[ERROR] Another client goes on with this session (4000"))
    }

    @Test func `a server that wants its clients back at once gets them, but not for ever`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url])
        for _ in 1...3 { try await ChatPeer.accept(listener).close(4200) }
        let last = try await ChatPeer.accept(listener)
        client.endInput()
        try await last.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `the session is in no output, no log and no request line`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram([
            "connect", listener.url, "--json", "--log-level", "trace", "--log-file", "trace.log", "--state", "s.json",
        ])
        try await ChatPeer.accept(listener).close(1012)
        let second = try await ChatPeer.accept(listener)
        #expect(second.shownSession == ChatPeer.session)
        try await second.say("hi", "1.1")
        try await client.waitForOutput("hi")
        client.endInput()
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
        for text in [client.output, client.error, try client.file("trace.log"), second.target] {
            #expect(!text.contains(ChatPeer.session))
        }
        #expect(client.output.contains(#""type":"welcome""#))
    }

    @Test func `positions, gaps and ids are printed as JSON`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--json", "--count", "1"])
        let peer = try await ChatPeer.accept(listener)
        try await peer.send(.gap(Gap(to: "1.4", reason: .malformed)))
        try await peer.send(.position("1.5"))
        try await peer.say("hi", "1.6")
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
        let objects = try client.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(objects.map { $0["type"] as? String } == ["welcome", "gap", "position", "message"])
        let places = objects.map { $0["position"] ?? $0["to"] ?? $0["id"] }
        #expect(places.map { $0 as? String } == ["1.0", "1.4", "1.5", "1.6"])
    }

    @Test func `publish prints what became of each message, and asks for nothing that others say`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["publish", listener.url, "--json", "one", "two", "three"])
        let first = try await ChatPeer.accept(listener)
        #expect(first.target == "/")
        var keys: [String] = []
        for _ in 1...3 { keys.append(try await first.nextMessage().key) }
        try await first.acknowledge(keys[0], id: "1.7", receivers: 12)
        try await client.waitForOutput("\n")
        await first.reset()
        let second = try await ChatPeer.accept(listener)
        #expect(second.target == "/" && second.shownSession == ChatPeer.session)
        for key in keys.dropFirst() { #expect(try await second.nextMessage().key == key) }
        try await second.say("nobody listens", "1.8")
        try await second.send(.gap(Gap(from: "1.7", to: "1.8", missing: 1, reason: .slow)))
        try await second.send(.error(Problem(.badField, "No.", key: keys[1])))
        try await second.acknowledge(keys[2], id: "1.9", receivers: 0)
        try await second.endOfClient()
        #expect(try await client.exitCode() == ExitCode.badInput.rawValue)
        let expected = [
            #"{"id":"1.7","key":"\#(keys[0])","receivers":12,"stored":"memory","type":"ack"}"#,
            #"{"code":"bad-field","key":"\#(keys[1])","message":"No.","type":"error"}"#,
            #"{"id":"1.9","key":"\#(keys[2])","receivers":0,"stored":"memory","type":"ack"}"#,
        ]
        #expect(client.output == expected.map { $0 + "\n" }.joined())
        #expect(!client.error.contains("missing"))
    }
}
