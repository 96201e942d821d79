import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// `--timeout` bounds everything: connecting, the chat, its end, and what is still to be written.
@Suite(.timeLimit(.minutes(1))) struct TimeoutTests {
    /// Whatever it waited for instead ends in another exit code, or is waited for without end.
    private func expectTimeout(of client: RunningProgram, _ location: SourceLocation = #_sourceLocation) async throws {
        #expect(try await client.exitCode() == ExitCode.timedOut.rawValue, sourceLocation: location)
        #expect(client.error.contains("--timeout has passed"), "\(client.error)", sourceLocation: location)
    }

    @Test(arguments: [["connect"], ["publish", "hello"], ["tail"]])
    func `a server that never answers is waited for no longer`(arguments: [String]) async throws {
        let listener = try RawListener()
        let url = [arguments[0], listener.url] + arguments.dropFirst()
        // The system takes the connection, and nobody reads what comes over it.
        let client = try RunningProgram(url + ["--timeout", "300ms"])
        try await expectTimeout(of: client)
        withExtendedLifetime(listener) {}
    }

    @Test(arguments: [["connect"], ["connect", "--send", "hello"], ["publish", "hello"]])
    func `a server that does not answer the goodbye is waited for no longer`(arguments: [String]) async throws {
        let listener = try RawListener()
        let url = [arguments[0], listener.url] + arguments.dropFirst()
        let client = try RunningProgram(url + ["--timeout", "2s"])
        let peer = try await listener.acceptUpgraded()
        try await expectTimeout(of: client)
        withExtendedLifetime(peer) {}
    }

    @Test func `a server that was stopped is waited for no longer`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server, ["--timeout", "2s"])
        server.signal(SIGSTOP)
        let start = ContinuousClock.now
        try await expectTimeout(of: client)
        // It was not waited for until the close timeout of 5 seconds had passed, too.
        #expect(ContinuousClock.now - start < .seconds(7))
        server.signal(SIGCONT)
    }

    @Test func `a reader of the output that stands still is waited for no longer`() async throws {
        let server = try await RunningProgram.server()
        #expect(try await RunningProgram(["publish", server.url, "hello"]).exitCode() == 0)
        let client = try RunningProgram(
            withFullOutput: ["connect", server.url, "--last", "1", "--count", "1", "--timeout", "1s"]
        )
        #expect(try await client.exitCode() == ExitCode.timedOut.rawValue)
    }
}
