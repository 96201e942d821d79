import TestSupport
import Testing

@testable import broadcast_server

/// A client that has reached its goal still has what it took sent and acknowledged before it leaves.
@Suite(.timeLimit(.minutes(1))) struct GoalTests {
    @Test func `an echo that comes before the acknowledgement is a success`() async throws {
        let server = try await RunningProgram.server(["--echo"])
        for _ in 0..<5 {
            let client = try RunningProgram(["connect", server.url, "--send", "ping", "--expect", "ping"])
            #expect(try await client.exitCode() == 0, "\(client.error)")
            #expect(client.output.contains(": ping\n"))
        }
    }

    @Test func `the acknowledgement is waited for, and what comes meanwhile is not shown`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--send", "ping", "--count", "1"])
        let peer = try await ChatPeer.accept(listener)
        let (_, key) = try await peer.nextMessage()
        try await peer.say("pong", "1.5")
        try await peer.say("too late", "1.6")
        try await client.waitForOutput("ann: pong\n")
        try await peer.acknowledge(key)
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
        #expect(client.output == "ann: pong\n")
    }

    @Test func `what was taken is sent over the next connection if need be`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--send", "ping", "--count", "1"])
        let first = try await ChatPeer.accept(listener)
        let (_, key) = try await first.nextMessage()
        try await first.say("pong", "1.5")
        try await client.waitForOutput("ann: pong\n")
        await first.reset()
        let second = try await ChatPeer.accept(listener, position: "1.5", recovered: true)
        let again = try await second.nextMessage()
        #expect(again.key == key)
        try await second.acknowledge(key)
        try await second.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `an input that does not end is left behind`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--count", "1"])
        let peer = try await ChatPeer.accept(listener)
        client.type("one\n")
        let (_, key) = try await peer.nextMessage()
        try await peer.say("enough", "1.5")
        try await client.waitForOutput("ann: enough\n")
        try await peer.acknowledge(key)
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `without a way back the message counts as not sent`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--send", "ping", "--count", "1", "--no-reconnect"])
        let peer = try await ChatPeer.accept(listener)
        _ = try await peer.nextMessage()
        try await peer.say("pong", "1.5")
        try await client.waitForOutput("ann: pong\n")
        await peer.reset()
        #expect(try await client.exitCode() == ExitCode.unavailable.rawValue)
        #expect(client.error.contains("1 message was not sent."))
    }
}
