import Foundation
import Testing

@testable import broadcast_server

/// What a user can do wrong: each is one line that says what to do, and an exit code.
@Suite(.timeLimit(.minutes(1))) struct ErrorTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let code: ExitCode
        /// A part of the line.
        let hint: String
        var environment: [String: String] = [:]

        var testDescription: String { "\(arguments.joined(separator: " ")) \(environment)" }
    }

    static let mistakes: [Mistake] = [
        Mistake(arguments: ["frobnicate"], code: .usage, hint: "--help"),
        Mistake(arguments: ["start", "--nope"], code: .usage, hint: "start --help"),
        Mistake(arguments: ["start", "--port"], code: .usage, hint: "--port"),
        Mistake(arguments: ["start", "--port", "65536"], code: .usage, hint: "from 0 to 65535"),
        Mistake(arguments: ["start", "--port", "http"], code: .usage, hint: "from 0 to 65535"),
        Mistake(arguments: ["start", "--log-level", "loud"], code: .usage, hint: "warning, error"),
        Mistake(arguments: ["start", "--log-file", "a", "--no-log-file"], code: .usage, hint: "exclude each other"),
        Mistake(arguments: ["start", "--log-file", "/nonexistent/a"], code: .cannotCreateFile, hint: "--log-file"),
        Mistake(arguments: ["start", "--log-file", "/"], code: .cannotCreateFile, hint: "--no-log-file"),
        Mistake(arguments: ["start", "--port", "0", "--host", "192.0.2.1"], code: .unavailable, hint: "--host"),
        Mistake(arguments: ["start", "--host", "no.such.host.invalid"], code: .unknownHost, hint: "--host"),
        Mistake(
            arguments: ["start"],
            code: .badConfiguration,
            hint: "BROADCAST_SERVER_PORT",
            environment: ["BROADCAST_SERVER_PORT": "x"]
        ),
        Mistake(
            arguments: ["start"],
            code: .badConfiguration,
            hint: "BROADCAST_SERVER_LOG_LEVEL",
            environment: ["BROADCAST_SERVER_LOG_LEVEL": "loud"]
        ),
        Mistake(arguments: ["connect", "ftp://localhost"], code: .usage, hint: "wss"),
        Mistake(arguments: ["connect", "ws://localhost/#team"], code: .usage, hint: "fragment"),
        Mistake(arguments: ["tail", "localhost:x"], code: .usage, hint: "cannot be read"),
        Mistake(arguments: ["connect", "--count", "0"], code: .usage, hint: "number from 1"),
        Mistake(arguments: ["connect", "--expect", "(a"], code: .usage, hint: "quote it for the shell"),
        Mistake(arguments: ["connect", "--timeout", "soon"], code: .usage, hint: "500ms, 10s"),
        Mistake(arguments: ["connect", "--max-message", "0"], code: .usage, hint: "64K or 1M"),
        Mistake(arguments: ["connect", "--header", "Host: a"], code: .usage, hint: "sets Host itself"),
        Mistake(arguments: ["connect", "--header", "nonsense"], code: .usage, hint: "'Name: value'"),
        Mistake(arguments: ["connect", "--name", "Client 5"], code: .usage, hint: "given by the server"),
        Mistake(arguments: ["connect", "--cert", "a.pem"], code: .usage, hint: "Give both"),
        Mistake(arguments: ["connect", "--ca", "a.pem", "--insecure"], code: .usage, hint: "Use one of them"),
        Mistake(arguments: ["connect", "--json", "--binary"], code: .usage, hint: "Use one of them"),
        Mistake(arguments: ["connect", "wss://127.0.0.1", "--ca", "/nonexistent"], code: .tls, hint: "/nonexistent"),
        Mistake(arguments: ["token"], code: .usage, hint: "token --help"),
        Mistake(arguments: ["token", "a b"], code: .usage, hint: "one word"),
        Mistake(arguments: ["token", "Client 5"], code: .usage, hint: "one word"),
        Mistake(arguments: ["token", "ann", "--allow", "te*m"], code: .usage, hint: "team.*"),
        Mistake(arguments: ["token", "ann", "--allow", "team=write"], code: .usage, hint: "subscribe, publish"),
        Mistake(arguments: ["check-token"], code: .usage, hint: "--token-file"),
        Mistake(arguments: ["check-token", "--token-algorithm", "none"], code: .usage, hint: "HS256"),
        Mistake(arguments: ["check-token", "--token-key", "/nonexistent"], code: .badInput, hint: "/nonexistent"),
        Mistake(arguments: ["publish", "ws://127.0.0.1:1", "hello"], code: .unavailable, hint: "127.0.0.1:1"),
        Mistake(arguments: ["connect", "--log-file", "/nonexistent/a"], code: .cannotCreateFile, hint: "--log-file"),
        Mistake(arguments: ["connect", "ws://no.such.host.invalid"], code: .unknownHost, hint: "no.such.host.invalid"),
        Mistake(arguments: ["connect", "ws://127.0.0.1:1"], code: .unavailable, hint: "127.0.0.1:1"),
    ]

    @Test(arguments: mistakes)
    func `a mistake is one line that says what to do, and an exit code`(mistake: Mistake) async throws {
        let program = try RunningProgram(mistake.arguments, input: "", environment: mistake.environment)
        #expect(try await program.exitCode() == mistake.code.rawValue)
        #expect(program.error.hasPrefix("Error: "))
        #expect(program.error.hasSuffix("\n"))
        #expect(program.error.split(separator: "\n").count == 1)
        #expect(program.error.contains(mistake.hint), "\(program.error)")
        #expect(program.output == "")
    }

    @Test func `a port in use is named, with a way out`() async throws {
        let server = try await RunningProgram.server()
        let second = try RunningProgram(["start", "--host", "127.0.0.1", "--port", "\(server.port)"])
        #expect(try await second.exitCode() == ExitCode.unavailable.rawValue)
        #expect(second.error.split(separator: "\n").count == 1)
        #expect(second.error.contains("\(server.port)") && second.error.contains("--port"))
        // Once is enough.
        #expect(second.error.ranges(of: #/(?i)another port/#).count == 1, "\(second.error)")
        #expect(second.output == "")
        #expect(try second.file("server.log").contains("[ERROR] Cannot listen at 127.0.0.1"))
    }

    @Test(arguments: [
        ["--help"], ["start", "--help"], ["connect", "--help"], ["publish", "--help"], ["tail", "--help"],
        ["token", "--help"], ["check-token", "--help"], ["--version"], [],
    ])
    func `help and version are no errors`(arguments: [String]) async throws {
        let program = try RunningProgram(arguments, input: "")
        #expect(try await program.exitCode() == 0)
        #expect(!program.output.isEmpty)
        #expect(program.error == "")
    }

    @Test(arguments: [["--help"], ["connect", "--help"], ["--version"]])
    func `help that cannot be written is an error`(arguments: [String]) async throws {
        let program = try RunningProgram(arguments, outputTo: "/dev/full")
        #expect(try await program.exitCode() == ExitCode.inputOutput.rawValue)
        #expect(program.error == "Error: The standard output cannot be written: No space left on device.\n")
    }

    @Test(arguments: ["start", "connect", "publish", "token", "check-token", "health"])
    func `the help of a command lists its exit codes and examples`(command: String) async throws {
        let program = try RunningProgram([command, "--help"], input: "")
        #expect(try await program.exitCode() == 0)
        #expect(program.output.contains("EXIT CODES:\n  0    "))
        #expect(program.output.contains("EXAMPLES:\n  broadcast-server \(command)"))
    }
}
