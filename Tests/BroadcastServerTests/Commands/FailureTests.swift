import Testing

@testable import LWSSwift
@testable import broadcast_server

@Suite struct FailureTests {
    @Test(arguments: [
        (WebSocketError.Code.connectionRefused, ExitCode.unavailable), (.unreachable, .unavailable),
        (.proxy, .unavailable),
        (.timedOut, .unavailable), (.addressInUse, .unavailable), (.nameNotFound, .unknownHost), (.tls, .tls),
        (.permissionDenied, .noPermission), (.invalidURL, .usage), (.invalidHandshake, .protocolError),
        (.system, .systemError), (.unsupportedLibrary, .internalError), (.loopStopped, .internalError),
    ])
    func `each cause has its exit code`(code: WebSocketError.Code, exitCode: ExitCode) {
        #expect(ExitCode(WebSocketError(code, "")) == exitCode)
    }

    @Test(arguments: [301, 400, 404, 407, 429, 500, 503])
    func `a rejected handshake has one exit code unless a token is the matter`(status: Int) {
        let rejection = WebSocketError.Rejection(status: status, bodyPrefix: "")
        #expect(ExitCode(WebSocketError(.handshakeRejected, "", rejection: rejection)) == .rejected)
    }

    @Test(arguments: [
        (WebSocketClose(code: .normalClosure, initiator: .peer, isClean: true), ExitCode.success),
        (WebSocketClose(code: .goingAway, initiator: .peer, isClean: true), .serverWentAway),
        (WebSocketClose(code: .serviceRestart, initiator: .peer, isClean: true), .serverWentAway),
        (WebSocketClose(code: .tryAgainLater, initiator: .peer, isClean: true), .serverWentAway),
        (WebSocketClose(code: .policyViolation, initiator: .peer, isClean: true), .protocolError),
        (WebSocketClose(code: .noStatusReceived, initiator: .peer, isClean: true), .protocolError),
        (WebSocketClose(code: .abnormalClosure, initiator: .connectionLoss, isClean: false), .unavailable),
        (WebSocketClose(code: .messageTooBig, initiator: .local, isClean: true), .protocolError),
        (WebSocketClose(code: .normalClosure, initiator: .local, isClean: false), .unavailable),
    ])
    func `a close that does not come from here has an exit code for its kind`(close: WebSocketClose, exitCode: ExitCode)
    {
        #expect(ExitCode(close) == exitCode)
    }

    @Test func `a message is one line without control characters`() throws {
        let error = WebSocketError(.handshakeRejected, "The server said 403:\nno\u{1B}[2J entry.")
        let failure = Failure(error, connectingTo: try ChannelURL("ws://a/b"))
        #expect(failure.message == "Cannot connect to ws://a/b: The server said 403: no\\u{1B}[2J entry.")
    }

    @Test func `codes follow the shells for signals and have a cause each`() {
        #expect(ExitCode.interrupted.rawValue == 128 + 2)
        #expect(ExitCode.terminated.rawValue == 128 + 15)
        #expect(ExitCode.hangup.rawValue == 128 + 1)
        #expect(ExitCode.brokenPipe.rawValue == 128 + 13)
        #expect(Set(ExitCode.allCases.map(\.cause)).count == ExitCode.allCases.count)
    }
}
