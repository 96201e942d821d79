import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// `bench` with a server of this program.
@Suite(.timeLimit(.minutes(1))) struct BenchTests {
    private struct Report: Decodable {
        struct Latency: Decodable { let p50, max: Double }
        let sent, expected, deliveries, missing: Int
        let latency: Latency
    }

    @Test func `everything that is sent is counted where it arrives`() async throws {
        let server = try await RunningProgram.server()
        let arguments = [
            "bench", server.url, "--connections", "12", "--channels", "3", "--publishers", "5", "--rate", "200",
            "--duration", "500ms", "--warm-up", "100ms", "--threads", "2", "--json", "--plot", "latency.svg",
        ]
        let program = try RunningProgram(arguments)
        #expect(try await program.exitCode() == 0, "\(program.error)")
        let report = try JSONDecoder().decode(Report.self, from: Data(program.output.utf8))
        // Each of 100 messages to the three others in its channel.
        #expect(report.sent == 100 && report.expected == 300 && report.deliveries == 300 && report.missing == 0)
        #expect(report.latency.p50 > 0 && report.latency.p50 <= report.latency.max)
        #expect(try program.file("latency.svg").contains("<polyline points=\""))
    }

    @Test func `what does not arrive is missing`() async throws {
        let listener = try RawListener()
        let program = try RunningProgram([
            "bench", listener.url, "--connections", "2", "--rate", "20", "--duration", "100ms", "--warm-up", "0",
        ])
        let peers = [try await listener.acceptUpgraded(), try await listener.acceptUpgraded()]
        for peer in peers {
            while try await peer.receive().opcode != .close {}
            await peer.end()
        }
        #expect(try await program.exitCode() == ExitCode.expectationFailed.rawValue)
        #expect(program.output.contains("deliveries  0 of 2") && program.output.contains("2 deliveries are missing"))
    }

    @Test func `a server that wants a token is shown one, from a file or a variable`() async throws {
        let directory = try TestDirectory()
        let token = "a-token-for-the-bench"
        let line = TokenLine(
            name: try MemberName("bench"),
            digest: SHA256Digest(of: token.utf8),
            entries: [try RightsEntry("bench=subscribe,publish")]
        )
        let server = try await RunningProgram.server(["--token-file", try directory.file("tokens", "\(line)\n")])
        let bench = ["bench", "\(server.url)/bench", "--connections", "2", "--rate", "20", "--duration", "100ms"]
        let file = try directory.file("token", token)
        #expect(try await RunningProgram(bench + ["--token-file", file]).exitCode() == 0)
        let variables = ["BROADCAST_SERVER_TOKEN": token]
        #expect(try await RunningProgram(bench, environment: variables).exitCode() == 0)
        let stranger = try RunningProgram(bench)
        #expect(try await stranger.exitCode() == ExitCode.noPermission.rawValue)
        #expect(!stranger.error.contains(token))
    }

    @Test func `more publishers than connections are refused`() async throws {
        let program = try RunningProgram(["bench", "--connections", "2", "--publishers", "3"])
        #expect(try await program.exitCode() == ExitCode.usage.rawValue)
        #expect(program.error.contains("--connections"))
    }
}
