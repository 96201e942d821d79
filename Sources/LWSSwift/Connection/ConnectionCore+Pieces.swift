internal import DequeModule

/// What a connection does whose messages are read in pieces, rather than whole.
extension ConnectionCore {
    /// How messages are handed over.
    enum Delivery {
        case whole
        /// In pieces from the next message on; one that is under way is delivered whole.
        case inPiecesSoon
        case inPieces
    }

    /// Hands messages over in pieces from the next one on. It stays so: who reads whole messages could not tell that one
    /// lacks its beginning.
    func deliverInPieces() {
        guard delivery == .whole, machine.closed == nil else { return }
        delivery = .inPiecesSoon
        messageHandler = nil
        makeExtras().pieceReader = PieceReader(
            maximumBytes: settings.limits.maximumMessageBytes,
            inflater: machine.inflater
        )
    }

    /// Traps when messages are read in pieces already.
    func preconditionDeliversWhole() {
        precondition(delivery == .whole, "Messages that are read in pieces cannot be read whole as well.")
    }

    func setPieceHandler(_ body: ((MessagePiece) -> Void)?) {
        deliverInPieces()
        guard machine.closed == nil else { return }
        makeExtras().pieceHandler = body
        guard let body, let waiting = inbox else { return }
        for piece in waiting.drain() { body(piece) }
        resumeReading(.inboxIsFull)
    }

    /// Whether the message that this is a part of is handed over in pieces.
    func isToBeDeliveredInPieces(_ piece: MessageAssembler.Piece) -> Bool {
        if piece.isFirst { delivery = .inPieces }
        return delivery == .inPieces
    }

    func receivePiece(_ bytes: UnsafeRawBufferPointer, _ piece: MessageAssembler.Piece) {
        guard machine.isOpen, let extras else { return }
        let readable: MessagePiece?
        do throws(ConnectionFailure) {
            readable = try unsafe extras.pieceReader?.take(bytes, piece)
        } catch {
            return fail(error.code, error.reason)
        }
        if piece.isFinal {
            liveness.messageHasEnded()
        } else if readable == nil ? liveness.messageIsUnderWay() : liveness.pieceHasArrived() {
            scheduleDeadline()
        }
        if let readable { give(readable) }
    }
}
