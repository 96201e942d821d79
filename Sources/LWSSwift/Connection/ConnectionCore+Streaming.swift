/// A piece of a streamed message, as far as it is not queued yet.
struct StreamedPiece: Sendable {
    private let bytes: [UInt8]
    private var start = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isQueued: Bool { start == bytes.count }
    /// How long the next fragment is.
    var nextCount: Int { min(bytes.count - start, OutboundQueue.maximumFragmentBytes) }

    /// Gives the next fragment to `body`.
    mutating func takeNext(_ body: (UnsafeRawBufferPointer) -> Void) {
        let range = start..<start + nextCount
        unsafe bytes.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        start = range.upperBound
    }
}

/// The task of a streamed message that waits for room for its next piece.
struct ParkedPiece: Sendable {
    let ticket: Ticket
    var piece: StreamedPiece
    let task: WaitingTask<Result<Void, WebSocketError>>
}

/// How a message whose end is not known yet goes out: a fragment for each piece, while what else is sent waits for the end of
/// it, but control frames (RFC 6455 section 5.4).
extension ConnectionCore {
    // MARK: The task of the message

    /// Sends a message of the pieces that a sequence gives.
    ///
    /// It takes its place among the other messages when the first piece is there, so that nobody waits for a message of
    /// which there is nothing yet.
    func stream<Pieces: AsyncSequence>(
        _ kind: WebSocketMessage.Kind,
        _ pieces: Pieces,
        bytes: (Pieces.Element) -> [UInt8]
    ) async throws {
        var iterator = pieces.makeAsyncIterator()
        var next = try await iterator.next(isolation: #isolation)
        try await waitForStream(kind)
        do {
            while let piece = next {
                try await sendPiece(bytes(piece))
                next = try await iterator.next(isolation: #isolation)
            }
            // Many sequences end, rather than throw, when their task is cancelled: this is not the whole message then.
            guard !Task.isCancelled else { throw WebSocketError.cancelled }
        } catch {
            loop.execute { self.failStream() }
            throw error
        }
        try await loop.run { self.endStream() }.get()
    }

    private func waitForStream(_ kind: WebSocketMessage.Kind) async throws(WebSocketError) {
        guard !Task.isCancelled else { throw .cancelled }
        if loop.isCurrent, !hasParkedSenders, let result = beginStream(kind) { return try result.get() }
        try await parked { ticket, task in
            self.addSender(ParkedSender(ticket: ticket, content: .stream(kind), task: task))
        } cancel: { ticket in
            self.cancelSender(ticket)
        }
    }

    private func sendPiece(_ bytes: [UInt8]) async throws(WebSocketError) {
        guard !Task.isCancelled else { throw .cancelled }
        var piece = StreamedPiece(bytes)
        if loop.isCurrent, let result = sendNow(&piece) { return try result.get() }
        let rest = piece
        try await parked { ticket, task in
            self.addPiece(ParkedPiece(ticket: ticket, piece: rest, task: task))
        } cancel: { ticket in
            self.cancelPiece(ticket)
        }
    }

    // MARK: On the loop

    /// Takes the place of a message; nil when it has to wait, for room or for the end of another one.
    func beginStream(_ kind: WebSocketMessage.Kind) -> Result<Void, WebSocketError>? {
        guard machine.isOpen else { return .failure(.closed(machine.closed)) }
        guard !isAboveHighMark, !outbound.isStreaming else { return nil }
        outbound.beginStream(kind)
        return .success(())
    }

    /// Queues as much of a piece as there is room for; nil when the rest has to wait.
    private func sendNow(_ piece: inout StreamedPiece) -> Result<Void, WebSocketError>? {
        guard machine.isOpen, outbound.isStreaming else { return .failure(.closed(machine.closed)) }
        while !piece.isQueued {
            guard hasRoomForFragment(of: piece.nextCount) else { return nil }
            unsafe piece.takeNext { unsafe appendFragment($0, isFinal: false) }
        }
        return .success(())
    }

    /// What counts is what goes out before the fragment: what waits behind the message would otherwise wait for it, and it
    /// for that. So one fragment is always let in when there is nothing before it, however much waits behind.
    private func hasRoomForFragment(of count: Int) -> Bool {
        let ahead = bytesAheadOfFragment
        guard ahead > 0 else { return true }
        let size = OutboundQueue.size(ofPayload: count)
        return ahead <= settings.limits.outbound.highBytes
            && queuedBytes + size <= settings.limits.maximumQueuedBytes
    }

    private var bytesAheadOfFragment: Int { queuedBytes - outbound.byteCountBehindStream }

    private func appendFragment(_ payload: UnsafeRawBufferPointer, isFinal: Bool) {
        if settings.idleTimeout != nil { liveness.sent(loop.now) }
        let marks = outbound.hasBegunStream ? [] : standApart()
        unsafe outbound.appendFragment(payload, isFinal: isFinal, behind: marks, maskingKey: maskingKey)
        // What its groups send waits for the end of the message.
        for member in memberships { member.lane.watch.begin() }
        if queuedBytes > settings.limits.outbound.highBytes { isAboveHighMark = true }
        markForFlush()
    }

    /// The pieces have come to their end, and so has the message.
    private func endStream() -> Result<Void, WebSocketError> {
        guard machine.isOpen, outbound.isStreaming else { return .failure(.closed(machine.closed)) }
        unsafe appendFragment(UnsafeRawBufferPointer(start: nil, count: 0), isFinal: true)
        return .success(())
    }

    /// There will be no further piece, and what was sent must not look like the whole message.
    private func failStream() {
        guard machine.isOpen, outbound.isStreaming else { return }
        if outbound.hasBegunStream {
            fail(.internalError, "message was not completed")
        } else {
            outbound.abandonStream()
            // Who waits for its end goes on.
            markForFlush()
        }
    }

    /// The connection closes, maybe in the middle of a message: only the close frame may follow then, nothing that waits, and
    /// nothing of a group.
    func abandonStream() {
        guard outbound.isStreaming else { return }
        if outbound.hasBegunStream { leaveGroups() }
        outbound.abandonStream()
        guard let extras, let parked = extras.parkedPiece else { return }
        extras.parkedPiece = nil
        parked.task.finish(.failure(.closed(machine.closed)))
    }

    // MARK: Waiting for room

    private func addPiece(_ parked: ParkedPiece) {
        var parked = parked
        guard let result = sendNow(&parked.piece) else {
            makeExtras().parkedPiece = parked
            return
        }
        parked.task.finish(result)
    }

    /// The queue has become shorter: the message that is streamed goes on.
    func admitPiece() {
        guard let extras, var parked = extras.parkedPiece else { return }
        guard bytesAheadOfFragment <= settings.limits.outbound.lowBytes else { return }
        let result = sendNow(&parked.piece)
        extras.parkedPiece = result == nil ? parked : nil
        if let result { parked.task.finish(result) }
    }

    private func cancelPiece(_ ticket: Ticket) {
        guard let extras, let parked = extras.parkedPiece, parked.ticket === ticket else { return }
        extras.parkedPiece = nil
        parked.task.finish(.failure(.cancelled))
    }
}
