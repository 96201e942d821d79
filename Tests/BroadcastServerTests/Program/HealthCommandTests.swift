import TestSupport
import Testing

@testable import broadcast_server

/// `health` with a raw peer as the server.
@Suite(.timeLimit(.minutes(1))) struct HealthCommandTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        var asked = "/readyz"
        let answer: String
        let code: ExitCode
        var output = ""
        var error = ""

        var testDescription: String { "\(path) \(answer.prefix(20))" }
    }

    static let cases = [
        Case(
            path: "",
            answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n",
            code: .success,
            output: "ok\n"
        ),
        Case(
            path: "/",
            answer: "HTTP/1.1 503 No\r\nContent-Length: 18\r\n\r\ndraining\nno \u{1B}more\n",
            code: .expectationFailed,
            error: "Error: The server answered with status 503: draining no \\u{1B}more\n"
        ),
        Case(
            path: "/",
            answer:
                "HTTP/1.1 421 No\r\nContent-Length: 52\r\n\r\n{\"code\":\"foreign-host\",\"detail\":\"Ask\\u001b else.\"} \n",
            code: .expectationFailed,
            error: "Error: The server answered with status 421: Ask\\u{1B} else.\n"
        ),
        Case(
            path: "/livez?verbose",
            asked: "/livez?verbose",
            answer: "HTTP/1.1 200 OK\r\n\r\n[+]loops ok\nok\n",
            code: .success,
            output: "[+]loops ok\nok\n"
        ),
        Case(
            path: "",
            answer: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            code: .expectationFailed,
            error: "Error: The server answered with status 404:\n"
        ),
    ]

    @Test(arguments: cases)
    func `what the server answers is told, and decides`(example: Case) async throws {
        let listener = try RawListener()
        let program = try RunningProgram(["health", "127.0.0.1:\(listener.port)\(example.path)"])
        let peer = try await listener.accept()
        #expect(try await peer.readHead().hasPrefix("GET \(example.asked) HTTP/1.1\r\nHost: 127.0.0.1:"))
        try await peer.write(example.answer)
        // A body without a length goes on until the connection ends.
        await peer.endSending()
        #expect(try await program.exitCode() == example.code.rawValue)
        #expect(program.output == example.output)
        #expect(program.error == example.error)
    }

    @Test func `a server that does not answer in time is not ready`() async throws {
        let listener = try RawListener()
        let program = try RunningProgram(["health", listener.url, "--timeout", "200ms"])
        let peer = try await listener.accept()
        #expect(try await program.exitCode() == ExitCode.expectationFailed.rawValue)
        #expect(program.error.contains("in time"))
        await peer.end()
    }

    @Test func `a port where nobody listens is not ready`() async throws {
        let program = try RunningProgram(["health", "ws://127.0.0.1:1"])
        #expect(try await program.exitCode() == ExitCode.expectationFailed.rawValue)
        #expect(program.error.contains("No server listens at 127.0.0.1:1"))
    }
}
