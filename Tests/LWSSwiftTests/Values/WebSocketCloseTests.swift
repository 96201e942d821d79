import Testing

@testable import LWSSwift

@Suite struct WebSocketCloseTests {
    private func parse(_ bytes: [UInt8]) -> Result<ClosePayload, ConnectionFailure> {
        unsafe bytes.withUnsafeBytes { unsafe ClosePayload.parse($0) }
    }

    @Test func `the codes that may be sent are those of RFC 6455 section 7 4 and of the registry`() {
        let sendable = (UInt16.min...UInt16.max).filter { WebSocketCloseCode(rawValue: $0).isSendable }
        #expect(sendable == Array(1000...1003) + Array(1007...1014) + Array(3000...4999))
    }

    @Test(arguments: ["", "bye", "göne 👋", String(repeating: "r", count: 123)])
    func `what is written is read`(reason: String) throws {
        let payload = ClosePayload(code: .goingAway, reason: reason)
        #expect(payload.bytes.count == 2 + reason.utf8.count)
        #expect(try parse(payload.bytes).get() == payload)
    }

    @Test func `no body is no code`() throws {
        #expect(ClosePayload(code: nil).bytes == [])
        #expect(try parse([]).get() == ClosePayload(code: nil))
    }

    @Test func `a body that breaks the rules is answered with the code for it`() {
        #expect(throws: ConnectionFailure(.protocolError, "close frame of one byte")) { try parse([3]).get() }
        #expect(throws: ConnectionFailure(.protocolError, "close code 1005 may not be sent")) {
            try parse([3, 237]).get()
        }
        #expect(throws: ConnectionFailure(.invalidPayload, "close reason is not UTF-8")) {
            try parse([3, 232, 0xFF]).get()
        }
    }

    @Test func `a reason that does not fit is cut between characters`() {
        let reason = String(repeating: "r", count: 120) + "👋👋"
        #expect(ClosePayload(code: .normalClosure, reason: reason).reason == String(repeating: "r", count: 120))
        let family = String(repeating: "👨‍👩‍👧‍👦", count: 6)
        let cut = ClosePayload(code: .normalClosure, reason: family).reason
        #expect(cut == String(repeating: "👨‍👩‍👧‍👦", count: 4) && cut.utf8.count == 100)
    }

    @Test func `an end is told in words`() {
        func words(_ code: WebSocketCloseCode, _ reason: String, _ who: WebSocketClose.Initiator, _ clean: Bool)
            -> String
        {
            WebSocketClose(code: code, reason: reason, initiator: who, isClean: clean).description
        }
        #expect(words(.goingAway, "bye", .peer, true) == "1001 \"bye\" from the peer")
        #expect(words(.normalClosure, "", .local, true) == "1000 from this side")
        #expect(words(.normalClosure, "", .local, false) == "1000 from this side, without the peer's answer")
        #expect(WebSocketClose.lost.description == "1006, connection lost")
    }
}
