import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// `--timeout` bounds everything: connecting, the chat, its end, and what is still to be written.
@Suite(.timeLimit(.minutes(1))) struct TimeoutTests {
    /// More than the program may take, and less than it took when only the chat itself was bounded: 5 seconds for a server
    /// that does not answer a close frame, 10 for one that does not answer the handshake.
    private static let bound = Duration.seconds(4)

    private func expectTimeout(
        of client: RunningProgram,
        since start: ContinuousClock.Instant,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await client.exitCode() == ExitCode.timedOut.rawValue, sourceLocation: location)
        #expect(ContinuousClock.now - start < Self.bound, sourceLocation: location)
        #expect(client.error.contains("--timeout has passed"), "\(client.error)", sourceLocation: location)
    }

    @Test(arguments: [["connect"], ["publish", "hello"], ["tail"]])
    func `a server that never answers is waited for no longer`(arguments: [String]) async throws {
        let listener = try RawListener()
        let start = ContinuousClock.now
        let url = [arguments[0], listener.url] + arguments.dropFirst()
        let client = try RunningProgram(url + ["--timeout", "300ms"])
        let peer = try await listener.accept()
        try await expectTimeout(of: client, since: start)
        withExtendedLifetime(peer) {}
    }

    @Test(arguments: [["connect"], ["connect", "--send", "hello"], ["publish", "hello"]])
    func `a server that does not answer the goodbye is waited for no longer`(arguments: [String]) async throws {
        let listener = try RawListener()
        let start = ContinuousClock.now
        let url = [arguments[0], listener.url] + arguments.dropFirst()
        let client = try RunningProgram(url + ["--timeout", "500ms"])
        let peer = try await listener.acceptUpgraded()
        try await expectTimeout(of: client, since: start)
        withExtendedLifetime(peer) {}
    }

    @Test func `a server that was stopped is waited for no longer`() async throws {
        let server = try await RunningProgram.server()
        let client = try await RunningProgram.client(of: server, ["--timeout", "2s"])
        server.signal(SIGSTOP)
        let start = ContinuousClock.now
        try await expectTimeout(of: client, since: start)
        server.signal(SIGCONT)
    }

    @Test func `a reader of the output that stands still is waited for no longer`() async throws {
        let server = try await RunningProgram.server()
        #expect(try await RunningProgram(["publish", server.url, "hello"]).exitCode() == 0)
        let start = ContinuousClock.now
        let client = try RunningProgram(
            withFullOutput: ["connect", server.url, "--last", "1", "--count", "1", "--timeout", "1s"]
        )
        #expect(try await client.exitCode() == ExitCode.timedOut.rawValue)
        #expect(ContinuousClock.now - start < Self.bound)
    }
}
