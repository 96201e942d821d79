import Testing

@testable import LWSSwift

/// The life of a connection, without any I/O.
@Suite struct ConnectionStateMachineTests {
    private func opened(maximumMessageBytes: Int = 100) -> ConnectionStateMachine {
        var machine = ConnectionStateMachine(maximumMessageBytes: maximumMessageBytes)
        machine.open()
        return machine
    }

    private let whole = MessageAssembler.Piece(isFirst: true, isFinal: true, isBinary: false, remainingInFrame: 0)

    @Test func `nothing is received before the connection is open`() {
        var machine = ConnectionStateMachine(maximumMessageBytes: 100)
        #expect(machine.receive("early", whole) == .none)
        #expect(machine.receiveClose([3, 232]) == .ignore)
        #expect(machine.close(ClosePayload(code: .normalClosure)) == .ignore)
        #expect(!machine.isOpen && machine.closed == nil)
    }

    @Test func `a message is delivered while the connection is open, and not after it began to close`() {
        var machine = opened()
        #expect(machine.receive("hello", whole) == .deliverPiece(.text))
        let parts = [
            MessageAssembler.Piece(isFirst: true, isFinal: false, isBinary: false, remainingInFrame: 0),
            MessageAssembler.Piece(isFirst: false, isFinal: true, isBinary: false, remainingInFrame: 0),
        ]
        #expect(machine.receive("hel", parts[0]) == .none)
        #expect(machine.receive("lo", parts[1]) == .deliver("hello"))
        #expect(machine.close(ClosePayload(code: .normalClosure)) == .send(ClosePayload(code: .normalClosure)))
        #expect(machine.receive("late", whole) == .none)
        #expect(!machine.isOpen)
    }

    @Test func `this end's close is complete when the peer has answered`() {
        var machine = opened()
        _ = machine.close(ClosePayload(code: .goingAway, reason: "bye"))
        let close = WebSocketClose(code: .goingAway, reason: "bye", initiator: .local, isClean: true)
        // Whatever code the answer carries, the first frame's counts.
        #expect(machine.receiveClose([3, 232]) == .complete(close))
        #expect(machine.closed == close)
        #expect(machine.endsNormally)
        #expect(machine.transportEnded() == nil)
    }

    @Test func `this end's close without an answer is not clean`() {
        var machine = opened()
        _ = machine.close(ClosePayload(code: .goingAway))
        #expect(machine.transportEnded() == WebSocketClose(code: .goingAway, initiator: .local, isClean: false))
    }

    @Test func `the peer's close is answered with its code and without its reason`() {
        var machine = opened()
        let close = WebSocketClose(code: .goingAway, reason: "bye", initiator: .peer, isClean: true)
        #expect(machine.receiveClose([3, 233] + "bye".utf8) == .answer(ClosePayload(code: .goingAway), close))
        #expect(machine.closed == close && machine.endsNormally)
        #expect(machine.receiveClose([3, 232]) == .ignore)
        #expect(machine.close(ClosePayload(code: .normalClosure)) == .ignore)
    }

    @Test func `a close without a code is answered by one, and is told from no close at all`() {
        var machine = opened()
        let close = WebSocketClose(code: .noStatusReceived, initiator: .peer, isClean: true)
        #expect(machine.receiveClose([]) == .answer(ClosePayload(code: nil), close))
        var other = opened()
        #expect(other.transportEnded() == .lost)
        #expect(!other.endsNormally)
    }

    @Test func `a close frame that breaks the rules is answered with the failure`() {
        var machine = opened()
        guard case .answer(let payload, let close) = machine.receiveClose([3]) else {
            Issue.record("no answer")
            return
        }
        #expect(payload.code == .protocolError && close.code == .protocolError)
        #expect(close.initiator == .local && !close.isClean && !machine.endsNormally)
    }

    @Test(arguments: [
        (WebSocketCloseCode.normalClosure, true), (.goingAway, true), (.internalError, false),
        (.policyViolation, false),
        (WebSocketCloseCode(rawValue: 4_000), false),
    ])
    func `a reader hears of a peer's close unless it was in good order`(code: WebSocketCloseCode, normally: Bool) {
        var machine = opened()
        _ = machine.receiveClose(ClosePayload(code: code).bytes)
        #expect(machine.endsNormally == normally)
    }

    @Test func `a message that fails closes with the failure's code, once`() {
        var machine = opened(maximumMessageBytes: 3)
        let payload = ClosePayload(code: .messageTooBig, reason: "message exceeds 3 bytes")
        #expect(machine.receive("four", whole) == .fail(payload))
        #expect(machine.receive("four", whole) == .none)
        #expect(machine.close(ClosePayload(code: .normalClosure)) == .ignore)
        #expect(machine.transportEnded()?.code == .messageTooBig)
        #expect(!machine.endsNormally)
    }

    @Test func `the library's own failure counts as this end's close, unless one is under way`() {
        var machine = opened()
        machine.failedByLibrary(ClosePayload(code: .protocolError, reason: "bad opcode"))
        #expect(
            machine.transportEnded()
                == WebSocketClose(code: .protocolError, reason: "bad opcode", initiator: .local, isClean: false)
        )
        var closing = opened()
        _ = closing.close(ClosePayload(code: .goingAway))
        closing.failedByLibrary(ClosePayload(code: .protocolError))
        #expect(closing.transportEnded()?.code == .goingAway)
    }

    @Test func `the end is told once`() {
        var machine = opened()
        #expect(machine.transportEnded() != nil)
        #expect(machine.transportEnded() == nil)
    }

    @Test func `opening twice traps`() async {
        await #expect(processExitsWith: .failure) {
            var machine = ConnectionStateMachine(maximumMessageBytes: 1)
            machine.open()
            machine.open()
        }
    }
}

extension ConnectionStateMachine {
    fileprivate mutating func receive(_ text: String, _ piece: MessageAssembler.Piece) -> Reception {
        unsafe Array(text.utf8).withUnsafeBytes { unsafe receive($0, piece) }
    }

    fileprivate mutating func receiveClose(_ bytes: [UInt8]) -> Closing {
        unsafe bytes.withUnsafeBytes { unsafe receiveClose($0) }
    }
}
