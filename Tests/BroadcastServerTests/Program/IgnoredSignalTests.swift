import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// Signals that the program was started to ignore, as by nohup(1) or by a shell for what it runs in the background.
@Suite(.timeLimit(.minutes(1))) struct IgnoredSignalTests {
    @Test(arguments: [("HUP", SIGHUP), ("INT", SIGINT), ("TERM", SIGTERM)])
    func `a client that was started to ignore a signal goes on ignoring it`(name: String, signal: Int32) async throws {
        let server = try await RunningProgram.server()
        let client = try RunningProgram(["publish", server.url], ignoring: name)
        client.type("one\n")
        try await server.waitForOutput("Client 1: one\n")
        client.signal(signal)
        client.type("two\n")
        client.endInput()
        #expect(try await client.exitCode() == 0)
        try await server.waitForOutput("Client 1: two\n")
    }

    @Test(arguments: [("HUP", SIGHUP), ("INT", SIGINT), ("TERM", SIGTERM)])
    func `a server that was started to ignore a signal goes on ignoring it`(name: String, signal: Int32) async throws {
        let server = try RunningProgram(["start", "--host", "127.0.0.1", "--port", "0"], ignoring: name)
        try await server.waitForOutput("Server started at ws://")
        server.signal(signal)
        #expect(try await RunningProgram(["publish", server.url, "hello"]).exitCode() == 0)
        try await server.waitForOutput("Client 1: hello\n")
        #expect(server.isRunning)
    }
}
