/// What a connection may do next: the life of a WebSocket connection (RFC 6455 sections 4 to 7) without any I/O.
///
/// The connection tells it what happened and does what the answer says, in this order: first decide, then act, since lws
/// calls back from within its own functions.
struct ConnectionStateMachine {
    enum Phase: Equatable {
        /// The opening handshake is under way.
        case connecting
        /// Messages travel.
        case open
        /// This endpoint sent a close frame and waits for the peer's (7.1.2); messages that still arrive are dropped.
        indirect case closing(sent: WebSocketClose)
        /// Nothing travels any more.
        indirect case closed(WebSocketClose)
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
        /// Send this close frame and wait for the peer's.
        case send(ClosePayload)
        /// Send this close frame as the answer to the peer's, then end the transport.
        case answer(ClosePayload, WebSocketClose)
        /// The closing handshake is complete: end the transport.
        case complete(WebSocketClose)
    }

    private(set) var phase = Phase.connecting
    private var assembler: MessageAssembler
    /// Whether the end is what somebody asked for, rather than a failure that a reader must hear of.
    private(set) var endsNormally = false

    /// - Parameter inflater: the loop's, when compression was agreed on.
    init(maximumMessageBytes: Int, inflater: Inflater? = nil) {
        assembler = MessageAssembler(maximumBytes: maximumMessageBytes, inflater: inflater)
    }

    var isOpen: Bool {
        if case .open = phase { true } else { false }
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

    /// The peer's close frame arrived (5.5.1), perhaps with reserved bits, which have no meaning there.
    mutating func receiveClose(_ bytes: UnsafeRawBufferPointer, hasReservedBits: Bool = false) -> Closing {
        switch phase {
        case .connecting, .closed:
            return .ignore
        case .closing(let sent):
            let close = WebSocketClose(code: sent.code, reason: sent.reason, initiator: .local, isClean: true)
            end(close)
            return .complete(close)
        case .open:
            switch unsafe hasReservedBits ? .failure(.reservedBits) : ClosePayload.parse(bytes) {
            case .success(let payload):
                let close = WebSocketClose(
                    code: payload.code ?? .noStatusReceived,
                    reason: payload.reason,
                    initiator: .peer,
                    isClean: true
                )
                endsNormally = [.normalClosure, .goingAway, .noStatusReceived].contains(close.code)
                end(close)
                // The answer carries the peer's code, without the reason (5.5.1: "typically echoes the status code").
                return .answer(ClosePayload(code: payload.code), close)
            case .failure(let failure):
                let close = WebSocketClose(
                    code: failure.code,
                    reason: failure.reason,
                    initiator: .local,
                    isClean: false
                )
                end(close)
                return .answer(ClosePayload(code: failure.code, reason: failure.reason), close)
            }
        }
    }

    /// lws fails the connection by itself, for a frame that breaks the protocol: it sends the close frame.
    mutating func failedByLibrary(_ payload: ClosePayload) {
        guard isOpen else { return }
        beginClosing(payload, normally: false)
    }

    /// The transport ended. Gives the close that everybody must now hear of; nil when they have.
    mutating func transportEnded() -> WebSocketClose? {
        switch phase {
        case .closed: return nil
        case .connecting, .open: end(.lost)
        case .closing(let sent): end(sent)
        }
        return closed
    }

    private mutating func beginClosing(_ payload: ClosePayload, normally: Bool) {
        assembler.reset()
        endsNormally = normally
        phase = .closing(
            sent: WebSocketClose(
                code: payload.code ?? .noStatusReceived,
                reason: payload.reason,
                initiator: .local,
                isClean: false
            )
        )
    }

    private mutating func end(_ close: WebSocketClose) {
        assembler.reset()
        phase = .closed(close)
    }
}
