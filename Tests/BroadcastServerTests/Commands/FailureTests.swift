import Testing

@testable import LWSSwift
@testable import broadcast_server

@Suite struct FailureTests {
    @Test(arguments: [
        (WebSocketError.Code.connectionRefused, ExitCode.unavailable), (.unreachable, .unavailable),
        (.timedOut, .unavailable), (.addressInUse, .unavailable), (.nameNotFound, .unknownHost), (.tls, .noPermission),
        (.permissionDenied, .noPermission), (.invalidURL, .usage), (.invalidHandshake, .protocolError),
        (.system, .systemError), (.unsupportedLibrary, .internalError), (.loopStopped, .internalError),
    ])
    func `each cause has its exit code`(code: WebSocketError.Code, exitCode: ExitCode) {
        #expect(ExitCode(WebSocketError(code, "")) == exitCode)
    }

    @Test(arguments: [
        (401, ExitCode.noPermission), (403, .noPermission), (404, .protocolError), (503, .serverWentAway),
        (429, .serverWentAway), (500, .protocolError), (301, .protocolError),
    ])
    func `a refused handshake ends with a code for its status`(status: Int, exitCode: ExitCode) {
        let rejection = WebSocketError.Rejection(status: status, bodyPrefix: "")
        #expect(ExitCode(WebSocketError(.handshakeRejected, "", rejection: rejection)) == exitCode)
    }

    @Test func `a message is one line without control characters`() {
        let error = WebSocketError(.handshakeRejected, "The server said 403:\nno\u{1B}[2J entry.")
        let failure = Failure(error, connectingTo: "ws://a\u{7}b")
        #expect(failure.message == "Cannot connect to ws://a\\u{7}b: The server said 403: no\\u{1B}[2J entry.")
    }

    @Test func `codes follow the shells for signals and have a cause each`() {
        #expect(ExitCode.interrupted.rawValue == 128 + 2)
        #expect(ExitCode.terminated.rawValue == 128 + 15)
        #expect(ExitCode.hangup.rawValue == 128 + 1)
        #expect(ExitCode.brokenPipe.rawValue == 128 + 13)
        #expect(Set(ExitCode.allCases.map(\.cause)).count == ExitCode.allCases.count)
    }
}
