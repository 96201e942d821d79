import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ReconnectionTests {
    @Test(arguments: [
        (WebSocketCloseCode.normalClosure, false), (.goingAway, true), (.internalError, true), (.serviceRestart, true),
        (.tryAgainLater, true), (.policyViolation, false), (.messageTooBig, false), (.invalidPayload, false),
        (WebSocketCloseCode(rawValue: 4_000), false),
    ])
    func `a server that closed is expected back when it goes or restarts`(code: WebSocketCloseCode, isExpected: Bool) {
        let close = WebSocketClose(code: code, initiator: .peer, isClean: true)
        #expect(Reconnection.isWorthwhile(after: close) == isExpected)
    }

    @Test func `a lost connection is made again`() {
        let lost = WebSocketClose(code: .abnormalClosure, initiator: .connectionLoss, isClean: false)
        #expect(Reconnection.isWorthwhile(after: lost))
    }

    @Test(arguments: [
        (WebSocketError.Code.connectionRefused, true), (.nameNotFound, true), (.timedOut, true), (.unreachable, true),
        (.proxy, true),
        (.invalidHandshake, true), (.invalidURL, false), (.permissionDenied, false), (.invalidConfiguration, false),
        (.cancelled, false), (.loopStopped, false),
    ])
    func `an attempt is repeated when time may help`(code: WebSocketError.Code, helps: Bool) {
        #expect(Reconnection.isWorthwhile(after: WebSocketError(code, "")) == helps)
    }

    @Test(arguments: [(401, false), (403, false), (404, false), (429, true), (500, true), (502, true), (503, true)])
    func `a rejection is final unless its status says otherwise`(status: Int, isTemporary: Bool) {
        let rejection = WebSocketError.Rejection(status: status, bodyPrefix: "")
        let error = WebSocketError(.handshakeRejected, "", rejection: rejection)
        #expect(Reconnection.isWorthwhile(after: error) == isTemporary)
    }
}
