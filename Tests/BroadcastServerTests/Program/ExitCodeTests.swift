import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// Each way in which a client ends, with its exit code and one line that says why. What a user does wrong before there is
/// a connection is in ``ErrorTests``.
@Suite(.timeLimit(.minutes(1))) struct ExitCodeTests {
    /// What the server does with the client.
    enum Server: Sendable {
        /// Answers the handshake with a status.
        case rejects(status: Int)
        /// Answers with something that is no HTTP.
        case talksNonsense
        case says(String)
        case closes(UInt16)
        /// Ends the connection without a close frame.
        case disappears
        /// Agrees on `broadcast.v1.json`, and has a problem with each message.
        case refusesMessages
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let server: Server
        var scheme = "ws"
        var arguments: [String] = []
        /// nil for an input that does not end.
        var input: String?
        let code: ExitCode
        /// A part of what is told.
        let hint: String

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "left",
            server: .says("hello"),
            input: "",
            code: .success,
            hint: "Left the chat."
        ),
        Case(
            name: "goal reached",
            server: .says("hello"),
            arguments: ["--expect", "^hel+o$", "--timeout", "60s"],
            code: .success,
            hint: "Left the chat."
        ),
        Case(
            name: "expectation failed",
            server: .says("hello"),
            arguments: ["--expect", "good bye", "--count", "1"],
            code: .expectationFailed,
            hint: "none matches"
        ),
        Case(
            name: "search without an end",
            server: .says(String(repeating: "a", count: 35) + "!"),
            arguments: ["--expect", "(a+)+$"],
            code: .usage,
            hint: "still not known whether a message matches --expect"
        ),
        Case(
            name: "time has passed during a search",
            server: .says(String(repeating: "a", count: 35) + "!"),
            arguments: ["--expect", "(a+)+$", "--timeout", "2s"],
            code: .timedOut,
            hint: "--timeout has passed"
        ),
        Case(
            name: "time has passed",
            server: .says("hello"),
            arguments: ["--expect", "good bye", "--timeout", "2s"],
            code: .timedOut,
            hint: "--timeout has passed"
        ),
        Case(
            name: "line too long",
            server: .says("hello"),
            arguments: ["--max-message", "10"],
            input: "01234567890\n",
            code: .badInput,
            hint: "Line 1 was not sent: it is longer than 10 bytes."
        ),
        Case(
            name: "message refused",
            server: .refusesMessages,
            input: "hello\n",
            code: .badInput,
            hint: "The server refuses: not here"
        ),
        Case(
            name: "rejected with 403",
            server: .rejects(status: 403),
            code: .noPermission,
            hint: "The server refused with status 403"
        ),
        Case(
            name: "rejected with 503",
            server: .rejects(status: 503),
            code: .rejected,
            hint: "refused the handshake with status 503"
        ),
        Case(
            name: "no WebSocket server",
            server: .talksNonsense,
            code: .protocolError,
            hint: "no valid WebSocket handshake"
        ),
        Case(
            name: "no TLS",
            server: .talksNonsense,
            scheme: "wss",
            code: .tls,
            hint: "does not speak TLS there. Use ws:, or check the port."
        ),
        Case(
            name: "closed with 1000",
            server: .closes(1000),
            code: .success,
            hint: "The server closed the connection (1000)"
        ),
        Case(
            name: "closed with 1001",
            server: .closes(1001),
            arguments: ["--no-reconnect"],
            code: .serverWentAway,
            hint: "1001: it shuts down"
        ),
        Case(
            name: "closed with 1012",
            server: .closes(1012),
            arguments: ["--no-reconnect"],
            code: .serverWentAway,
            hint: "1012: it restarts"
        ),
        Case(
            name: "closed with 1013",
            server: .closes(1013),
            arguments: ["--no-reconnect"],
            code: .serverWentAway,
            hint: "1013: try again later"
        ),
        Case(
            name: "closed with 1008",
            server: .closes(1008),
            code: .protocolError,
            hint: "1008: a violation of its policy"
        ),
        Case(
            name: "connection lost",
            server: .disappears,
            arguments: ["--no-reconnect"],
            code: .unavailable,
            hint: "was lost (1006"
        ),
    ]

    @Test(arguments: cases)
    func `each cause has its exit code, and is told`(tested: Case) async throws {
        let listener = try RawListener()
        let url = "\(tested.scheme)://127.0.0.1:\(listener.port)"
        let client = try RunningProgram(["connect", url] + tested.arguments, input: tested.input)
        try await serve(listener, tested.server)
        #expect(try await client.exitCode() == tested.code.rawValue, "\(client.error)")
        #expect(client.error.contains(tested.hint), "\(client.error)")
    }

    private func serve(_ listener: RawListener, _ server: Server) async throws {
        switch server {
        case .rejects(let status):
            let peer = try await listener.accept()
            _ = try await peer.readHead()
            try await peer.write("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
            _ = try await peer.readToEnd()
        case .talksNonsense:
            let peer = try await listener.accept()
            try await peer.write("220 ready for mail\r\n")
            await peer.endSending()
            _ = try await peer.readToEnd()
        case .says(let text):
            let peer = try await listener.acceptUpgraded()
            try await peer.send(.text(text))
            _ = try await peer.receiveToEnd()
        case .closes(let code):
            let peer = try await listener.acceptUpgraded()
            try await peer.send(.close(code))
            _ = try await peer.receiveToEnd()
        case .disappears:
            let peer = try await listener.acceptUpgraded()
            // A reset overtakes what was not read before it: a pong tells that the handshake was.
            try await peer.send(RawFrame(.ping))
            _ = try await peer.receive()
            await peer.reset()
        case .refusesMessages:
            let peer = try await ChatPeer.accept(listener)
            let (_, key) = try await peer.nextMessage()
            try await peer.send(.error(Problem(.badField, "not here", key: key)))
            try await peer.endOfClient()
        }
    }
}
