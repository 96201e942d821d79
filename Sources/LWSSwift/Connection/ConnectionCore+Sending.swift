/// How the messages of a connection go out, in order with its closing and with the groups it is in.
extension ConnectionCore {
    func trySend(_ message: BorrowedMessage) -> LoopConnection.SendResult {
        guard machine.isOpen else { return .dropped }
        let size = OutboundQueue.size(ofPayload: message.bytes.byteCount)
        guard queuedBytes + size <= settings.limits.maximumQueuedBytes else { return .dropped }
        enqueue(message)
        return isAboveHighMark ? .aboveHighWaterMark : .queued
    }

    /// Does what a task waits for, if it can be done now; nil when the task has to wait.
    private func sendNow(_ content: ParkedSender.Content) -> Result<Void, WebSocketError>? {
        switch content {
        case .message(let message): sendNow(message)
        case .stream(let kind): beginStream(kind)
        }
    }

    /// Queues a message if the limits allow it now; nil when the sender has to wait.
    func sendNow(_ message: WebSocketMessage) -> Result<Void, WebSocketError>? {
        guard machine.isOpen else { return .failure(.closed(machine.closed)) }
        let size = OutboundQueue.size(ofPayload: message.bytes.count)
        guard size <= settings.limits.maximumQueuedBytes else {
            let limit = settings.limits.maximumQueuedBytes
            return .failure(
                WebSocketError(.messageTooBig, "The message needs \(size) bytes; maximumQueuedBytes is \(limit).")
            )
        }
        guard !isAboveHighMark, !outbound.isStreaming,
            queuedBytes + size <= settings.limits.maximumQueuedBytes
        else { return nil }
        enqueue(message.borrowed)
        return .success(())
    }

    func enqueue(_ message: BorrowedMessage) {
        if settings.idleTimeout != nil { liveness.sent(loop.now) }
        let isClient = role == .client
        let keys = { isClient ? self.loop.maskingKeys.next() : nil }
        let marks = standApartForFrame()
        if let deflated = unsafe deflated(message.bytes) {
            unsafe outbound.append(message.kind, isCompressed: true, deflated, behind: marks, keys: keys)
        } else {
            outbound.append(message, behind: marks, keys: keys)
        }
        if queuedBytes > settings.limits.outbound.highBytes { isAboveHighMark = true }
        markForFlush()
    }

    /// The compressed payload of a message, in the loop's buffer; nil when it has to go, or is better sent, as it is.
    private func deflated(_ payload: RawSpan) -> UnsafeRawBufferPointer? {
        guard let agreed = handshake.compression, let compression = settings.compression,
            payload.byteCount >= compression.minimumBytes,
            let deflater = loop.deflaters.deflater(windowBits: agreed.windowBits)
        else { return nil }
        return unsafe payload.withUnsafeBytes { unsafe deflater.deflate($0, level: compression.level) }
    }

    var maskingKey: UInt32? { role == .client ? loop.maskingKeys.next() : nil }

    func appendClose(_ payload: ClosePayload) {
        abandonStream()
        let marks = standApart()
        unsafe payload.bytes.withUnsafeBytes {
            unsafe outbound.append(.close, $0, behind: marks, maskingKey: maskingKey)
        }
        markForFlush()
    }

    /// A ping or pong, ahead of what waits.
    func appendUrgent(_ opcode: FrameEncoder.Opcode, _ payload: [UInt8]) {
        // Nothing follows a close frame; as long as something waits, that has not been written. After a failure nothing that
        // the peer sends is answered any more (RFC 6455 section 7.1.7).
        guard machine.isOpen || (machine.endsNormally && outbound.first != nil) else { return }
        outbound.appendUrgent(opcode, payload, maskingKey: maskingKey)
        markForFlush()
    }

    func sendPing(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number) { appendUrgent(.ping, unsafe Array($0)) }
    }

    // MARK: Writing

    /// Unless lws holds something: a ping has left, and a close frame, if they were written.
    func everythingHasLeft() {
        guard !isHolding, !isEnding else { return }
        notePingThatLeft()
        if machine.isSendingClose, outbound.isEmpty { closeFrameLeft() }
    }

    /// Everything that was written has left; a ping, unless it waits to be written. Said before anything more is read, lest its
    /// pong come first: it would count for nothing, and another one be waited for.
    func notePingThatLeft() {
        if outbound.urgent.isEmpty, liveness.everythingHasLeft(loop.now) { scheduleDeadline() }
    }

    /// The queue has become shorter: who waited for that goes on, in order.
    func admitSenders() {
        admitPiece()
        let wasAboveHighMark = isAboveHighMark
        if wasAboveHighMark {
            guard queuedBytes <= settings.limits.outbound.lowBytes else { return }
            isAboveHighMark = false
        }
        while let extras, let sender = extras.senders.first, let result = sendNow(sender.content) {
            extras.senders.removeFirst()
            sender.task.finish(result)
        }
        if wasAboveHighMark, !isAboveHighMark { extras?.writableHandler?() }
    }

    // MARK: Tasks that wait to send

    var hasParkedSenders: Bool { !(extras?.senders.isEmpty ?? true) }

    func addSender(_ sender: ParkedSender) {
        // Nobody overtakes those who wait, not even with a message that would fit.
        guard !hasParkedSenders, let result = sendNow(sender.content) else {
            return makeExtras().senders.append(sender)
        }
        sender.task.finish(result)
    }

    func cancelSender(_ ticket: Ticket) {
        guard let extras, let index = extras.senders.firstIndex(where: { $0.ticket === ticket }) else { return }
        extras.senders.remove(at: index).task.finish(.failure(.cancelled))
    }
}
