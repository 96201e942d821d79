import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ReconnectionTests {
    @Test(arguments: [
        (WebSocketCloseCode.normalClosure, Reconnection.never), (.goingAway, .later), (.internalError, .later),
        (.serviceRestart, .later), (.tryAgainLater, .later), (.policyViolation, .never), (.messageTooBig, .never),
        (.invalidPayload, .never), (.protocolError, .never), (.noStatusReceived, .later),
        (WebSocketCloseCode(rawValue: 3_000), .never),
    ])
    func `a server that closed is expected back when it goes or restarts`(
        code: WebSocketCloseCode,
        expected: Reconnection
    ) {
        let close = WebSocketClose(code: code, initiator: .peer, isClean: true)
        #expect(Reconnection(after: close) == expected)
    }

    @Test(arguments: [
        (4_000...4_099, Reconnection.never), (4_100...4_199, .later), (4_200...4_299, .atOnce), (4_300...4_999, .never),
    ])
    func `a server says by the hundred when to come back`(codes: ClosedRange<UInt16>, expected: Reconnection) {
        for code in [codes.lowerBound, codes.lowerBound + 50, codes.upperBound] {
            let code = WebSocketCloseCode(rawValue: code)
            #expect(Reconnection(after: WebSocketClose(code: code, initiator: .peer, isClean: true)) == expected)
        }
    }

    @Test func `who needs another token comes back once there is one`() {
        let close = WebSocketClose(code: .tokenNeeded, initiator: .peer, isClean: true)
        #expect(Reconnection(after: close, hasNewToken: true) == .atOnce)
        #expect(Reconnection(after: close, hasNewToken: false) == .never)
        let forbidden = WebSocketClose(code: .notAllowed, initiator: .peer, isClean: true)
        #expect(Reconnection(after: forbidden, hasNewToken: true) == .never)
    }

    @Test func `a lost connection is made again`() {
        let lost = WebSocketClose(code: .abnormalClosure, initiator: .connectionLoss, isClean: false)
        #expect(Reconnection(after: lost) == .later)
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
