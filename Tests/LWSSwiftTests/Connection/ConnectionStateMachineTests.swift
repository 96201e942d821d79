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

    @Test func `this end's close is complete when its frame has left and the peer has answered`() {
        var machine = opened()
        _ = machine.close(ClosePayload(code: .goingAway, reason: "bye"))
        #expect(machine.isSendingClose)
        #expect(machine.closeFrameLeft(peerCanAnswer: true) == .ignore)
        #expect(!machine.isSendingClose && machine.closed == nil)
        let close = WebSocketClose(code: .goingAway, reason: "bye", initiator: .local, isClean: true)
        // Whatever code the answer carries, the first frame's counts.
        #expect(machine.receiveClose([3, 232]) == .complete(close))
        #expect(machine.closed == close)
        #expect(machine.endsNormally)
        #expect(machine.transportEnded() == nil)
    }

    @Test func `closes that cross are complete when this end's frame has left, and it has begun`() {
        var machine = opened()
        _ = machine.close(ClosePayload(code: .goingAway))
        #expect(machine.receiveClose([3, 232]) == .ignore)
        #expect(machine.closed == nil)
        let close = WebSocketClose(code: .goingAway, initiator: .local, isClean: true)
        #expect(machine.closeFrameLeft(peerCanAnswer: true) == .complete(close))
    }

    @Test func `a close frame that never left makes no clean end, whatever the peer sent`() {
        var machine = opened()
        _ = machine.receiveClose([3, 232])
        let close = WebSocketClose(code: .normalClosure, initiator: .peer, isClean: false)
        #expect(machine.transportEnded() == close)
    }

    @Test func `a failure that no answer can follow ends when the close frame has left`() {
        var machine = opened()
        _ = machine.close(ClosePayload(code: .protocolError), normally: false)
        let close = WebSocketClose(code: .protocolError, initiator: .local, isClean: false)
        #expect(machine.closeFrameLeft(peerCanAnswer: false) == .complete(close))
        #expect(!machine.endsNormally)
    }

    @Test func `this end's close without an answer is not clean`() {
        var machine = opened()
        _ = machine.close(ClosePayload(code: .goingAway))
        #expect(machine.transportEnded() == WebSocketClose(code: .goingAway, initiator: .local, isClean: false))
    }

    @Test func `the peer's close is answered with its code and without its reason, and ends when that has left`() {
        var machine = opened()
        #expect(machine.receiveClose([3, 233] + "bye".utf8) == .send(ClosePayload(code: .goingAway)))
        #expect(!machine.isOpen && machine.closed == nil)
        #expect(machine.receiveClose([3, 232]) == .ignore)
        #expect(machine.close(ClosePayload(code: .normalClosure)) == .ignore)
        let close = WebSocketClose(code: .goingAway, reason: "bye", initiator: .peer, isClean: true)
        #expect(machine.closeFrameLeft(peerCanAnswer: false) == .complete(close))
        #expect(machine.closed == close && machine.endsNormally)
    }

    @Test func `a close without a code is answered by one, and is told from no close at all`() {
        var machine = opened()
        #expect(machine.receiveClose([]) == .send(ClosePayload(code: nil)))
        let close = WebSocketClose(code: .noStatusReceived, initiator: .peer, isClean: true)
        #expect(machine.closeFrameLeft(peerCanAnswer: false) == .complete(close))
        var other = opened()
        #expect(other.transportEnded() == .lost)
        #expect(!other.endsNormally)
    }

    @Test func `a close frame that breaks the rules is answered with the failure`() {
        var machine = opened()
        guard case .send(let payload) = machine.receiveClose([3]) else {
            Issue.record("no answer")
            return
        }
        #expect(payload.code == .protocolError)
        guard case .complete(let close) = machine.closeFrameLeft(peerCanAnswer: false) else {
            Issue.record("it waits for an answer that cannot come")
            return
        }
        #expect(close.code == .protocolError && close.initiator == .local && !close.isClean && !machine.endsNormally)
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
