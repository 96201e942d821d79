/// What a connection does with what its peer sends.
extension ConnectionCore {
    /// Why reading is stopped; it goes on when no reason is left.
    struct Pauses: OptionSet {
        let rawValue: UInt8
        static let user = Pauses(rawValue: 1)
        static let inboxIsFull = Pauses(rawValue: 2)
        static let groupIsCongested = Pauses(rawValue: 4)
        /// Those that the reader of the messages is to blame for.
        static let byReader: Pauses = [.user, .inboxIsFull]
        /// The peer sends more than it may.
        static let heldBack = Pauses(rawValue: 8)
        static let all: Pauses = [.user, .inboxIsFull, .groupIsCongested, .heldBack]

        /// Whether what comes is read, be it to hold it back.
        var letRead: Bool { subtracting(.heldBack).isEmpty }
    }

    @inline(__always)
    func heardFromPeer() {
        loop.hasReceived = true
        if liveness.heard(loop.now) { scheduleDeadline() }
    }

    /// Takes frames out of `input` until it is used up, or somebody stops the reading.
    @inline(__always)
    func read(_ input: inout UnsafeMutableRawBufferPointer) {
        do throws(ConnectionFailure) {
            while pauses.isEmpty, !hasInputEnded {
                guard let event = try unsafe reader.next(&input) else { return }
                switch event {
                case .data(let bytes, let piece): unsafe receive(bytes, piece)
                case .ping(let payload): appendUrgent(.pong, payload)
                case .pong(let payload): receivePong(payload)
                case .close(let payload): receiveClose(payload)
                }
            }
        } catch {
            hasInputEnded = true
            fail(error.code, error.reason)
        }
        if isHoldingBack, !hasInputEnded { unsafe hold(&input) }
    }

    /// What was held back until now.
    func receiveHeld(_ bytes: UnsafeRawBufferPointer, _ piece: MessageAssembler.Piece) {
        unsafe receive(bytes, piece)
    }

    @inline(__always)
    private func receive(_ bytes: UnsafeRawBufferPointer, _ piece: MessageAssembler.Piece) {
        if delivery != .whole, isToBeDeliveredInPieces(piece) { return unsafe receivePiece(bytes, piece) }
        if piece.isFinal {
            liveness.messageHasEnded()
        } else if liveness.messageIsUnderWay() {
            scheduleDeadline()
        }
        switch unsafe machine.receive(bytes, piece) {
        case .none: break
        case .deliverPiece(let kind):
            unsafe deliver(BorrowedMessage(uncheckedKind: kind, bytes: RawSpan(_unsafeBytes: bytes)))
        case .deliver(let message): deliver(message.borrowed)
        case .fail(let payload): sendClose(payload)
        }
    }

    @inline(__always)
    private func deliver(_ message: BorrowedMessage) {
        if let messageHandler {
            messageHandler(message)
        } else {
            give(MessagePiece(message.message))
        }
    }

    /// Hands over a piece of a message, or a whole one that nobody takes by a closure.
    func give(_ piece: MessagePiece) {
        if delivery != .whole, let handler = extras?.pieceHandler {
            handler(piece)
        } else if openInbox().push(piece) {
            pauseReading(.inboxIsFull)
        }
    }

    func receivePong(_ payload: [UInt8]) {
        guard let extras, payload.count == 8 else { return }
        let number = unsafe payload.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt64.self) }
        guard let index = extras.pings.firstIndex(where: { $0.number == number }) else { return }
        let ping = extras.pings.remove(at: index)
        ping.task.finish(.success(ping.sent.duration(to: .now)))
    }

    // MARK: Stopping and going on

    /// True when this is a new reason.
    @discardableResult
    func pauseReading(_ reason: Pauses) -> Bool {
        guard machine.isOpen, !pauses.contains(reason) else { return false }
        if pauses.letRead { pauseReading() }
        if pauses.isDisjoint(with: .byReader), !reason.isDisjoint(with: .byReader) {
            liveness.readerStopped(loop.now)
            scheduleDeadline()
        }
        pauses.insert(reason)
        return true
    }

    func resumeReading(_ reason: Pauses) {
        guard !pauses.isEmpty else { return }
        pauses.subtract(reason)
        if pauses.isDisjoint(with: .byReader) { liveness.readerWentOn() }
        guard pauses.letRead else { return }
        liveness.readingWentOn(loop.now)
        // What was not asked of the peer meanwhile is due again.
        scheduleDeadline()
        if isHoldingBack {
            handOverHeldSoon()
        } else if unread.isEmpty {
            resumeReading()
        } else {
            readOnSoon()
        }
    }

    /// The reader has made room.
    func resumeReadingFromAnyThread() {
        if loop.isOnThread {
            resumeReading(.inboxIsFull)
        } else {
            loop.execute { self.resumeReading(.inboxIsFull) }
        }
    }

    /// Takes what was read before ahead of anything new. As a job: whoever lets the reading go on may be in the middle of a
    /// message.
    func readOnSoon() {
        loop.execute { self.readOn() }
    }

    func readOn() {
        guard pauses.letRead, !unread.isEmpty else { return }
        var bytes = unread
        unread = []
        let rest = unsafe bytes.withUnsafeMutableBytes { bytes in
            var input = unsafe bytes
            unsafe read(&input)
            return hasInputEnded ? [] : unsafe Array(input)
        }
        // Nothing was received meanwhile: that takes a turn.
        unread = rest
        if pauses.isEmpty, rest.isEmpty { resumeReading() }
    }

    /// The inbox; made for the first message or reader.
    func openInbox() -> MessageInbox {
        if let inbox { return inbox }
        let inbox = MessageInbox(marks: settings.limits.inbound)
        if let close = machine.closed {
            inbox.finish(machine.endsNormally ? .success(nil) : .failure(.closed(close)))
        }
        self.inbox = inbox
        return inbox
    }
}
