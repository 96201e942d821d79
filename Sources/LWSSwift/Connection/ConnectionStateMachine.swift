/// What a connection may do next: the life of a WebSocket connection (RFC 6455 sections 4 to 7) without any I/O.
///
/// The connection tells it what happened and does what the answer says, in this order: first decide, then act, since what
/// is done may lead back here.
struct ConnectionStateMachine {
    enum Phase: Equatable {
        /// The opening handshake is under way.
        case connecting
        /// Messages travel.
        case open
        /// The closing handshake is under way (7.1.2); messages that still arrive are dropped.
        indirect case closing(ClosingHandshake)
        /// Nothing travels any more.
        indirect case closed(WebSocketClose)
    }

    /// How far a closing handshake has come. It is complete when both close frames have really passed, whoever began, also
    /// when they cross.
    struct ClosingHandshake: Equatable {
        /// How the connection will have ended.
        var close: WebSocketClose
        /// The peer's close frame is here.
        var hasReceived = false
        /// The system has the last byte of ours, and so of all that was queued before it.
        var hasSent = false

        var isComplete: Bool { hasReceived && hasSent }
    }

    /// What to do about a piece of a message.
    enum Reception: Equatable {
        case none
        /// Deliver the piece: it is a message.
        case deliverPiece(WebSocketMessage.Kind)
        case deliver(WebSocketMessage)
        /// Send a close frame and fail the connection.
        case fail(ClosePayload)
    }

    /// What to do about a close.
    enum Closing: Equatable {
        /// It changes nothing.
        case ignore
        /// Send this close frame behind what is queued.
        case send(ClosePayload)
        /// The closing handshake is over: end the transport.
        case complete(WebSocketClose)
    }

    private(set) var phase = Phase.connecting
    private var assembler: MessageAssembler
    /// Whether the end is what somebody asked for, rather than a failure that a reader must hear of.
    private(set) var endsNormally = false

    /// - Parameter inflater: what inflates the peer's messages, when compression was agreed on.
    init(maximumMessageBytes: Int, inflater: Inflater? = nil) {
        assembler = MessageAssembler(maximumBytes: maximumMessageBytes, inflater: inflater)
    }

    /// The one that all of the peer's messages have to go through, whole or in pieces.
    var inflater: Inflater? { assembler.inflater }

    var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    /// Our close frame is queued and has not left yet.
    var isSendingClose: Bool {
        if case .closing(let handshake) = phase { !handshake.hasSent } else { false }
    }

    var closed: WebSocketClose? {
        if case .closed(let close) = phase { close } else { nil }
    }

    /// The opening handshake succeeded.
    mutating func open() {
        precondition(phase == .connecting, "The opening handshake can succeed only once.")
        phase = .open
    }

    /// A piece of a message arrived. Nothing is delivered before the connection is open or after it began to close.
    @inline(__always)
    mutating func receive(_ bytes: UnsafeRawBufferPointer, _ piece: MessageAssembler.Piece) -> Reception {
        guard isOpen else { return .none }
        do throws(ConnectionFailure) {
            switch try unsafe assembler.append(bytes, piece) {
            case .none: return .none
            case .piece(let kind): return .deliverPiece(kind)
            case .message(let message): return .deliver(message)
            }
        } catch {
            let payload = ClosePayload(code: error.code, reason: error.reason)
            beginClosing(payload, normally: false)
            return .fail(payload)
        }
    }

    /// This endpoint wants to close (7.1.2).
    mutating func close(_ payload: ClosePayload, normally: Bool = true) -> Closing {
        switch phase {
        case .open:
            beginClosing(payload, normally: normally)
            return .send(payload)
        case .connecting, .closing, .closed:
            return .ignore
        }
    }

    /// The peer's close frame arrived (5.5.1): nothing follows it. What was queued before our answer still goes out.
    mutating func receiveClose(_ bytes: UnsafeRawBufferPointer) -> Closing {
        switch phase {
        case .connecting, .closed:
            return .ignore
        case .closing(var handshake):
            handshake.hasReceived = true
            return advance(handshake)
        case .open:
            switch unsafe ClosePayload.parse(bytes) {
            case .success(let payload):
                let close = WebSocketClose(
                    code: payload.code ?? .noStatusReceived,
                    reason: payload.reason,
                    initiator: .peer,
                    isClean: false
                )
                assembler.reset()
                endsNormally = [.normalClosure, .goingAway, .noStatusReceived].contains(close.code)
                phase = .closing(ClosingHandshake(close: close, hasReceived: true))
                // The answer carries the peer's code, without the reason (5.5.1: "typically echoes the status code").
                return .send(ClosePayload(code: payload.code))
            case .failure(let failure):
                let payload = ClosePayload(code: failure.code, reason: failure.reason)
                beginClosing(payload, normally: false)
                return .send(payload)
            }
        }
    }

    /// The last byte of our close frame has left.
    ///
    /// - Parameter peerCanAnswer: false when nothing that the peer sends can be understood any more, or it has sent a close
    ///   frame that is not valid: there is no answer to wait for then (7.1.7).
    mutating func closeFrameLeft(peerCanAnswer: Bool) -> Closing {
        guard case .closing(var handshake) = phase else { return .ignore }
        handshake.hasSent = true
        guard peerCanAnswer || handshake.hasReceived else {
            end(handshake.close)
            return .complete(handshake.close)
        }
        return advance(handshake)
    }

    private mutating func advance(_ handshake: ClosingHandshake) -> Closing {
        guard handshake.isComplete else {
            phase = .closing(handshake)
            return .ignore
        }
        let close = handshake.close.clean
        end(close)
        return .complete(close)
    }

    /// The transport ended. Gives the close that everybody must now hear of; nil when they have.
    mutating func transportEnded() -> WebSocketClose? {
        switch phase {
        case .closed: return nil
        case .connecting, .open: end(.lost)
        case .closing(let handshake): end(handshake.close)
        }
        return closed
    }

    private mutating func beginClosing(_ payload: ClosePayload, normally: Bool) {
        assembler.reset()
        endsNormally = normally
        phase = .closing(
            ClosingHandshake(
                close: WebSocketClose(
                    code: payload.code ?? .noStatusReceived,
                    reason: payload.reason,
                    initiator: .local,
                    isClean: false
                )
            )
        )
    }

    private mutating func end(_ close: WebSocketClose) {
        assembler.reset()
        phase = .closed(close)
    }
}
