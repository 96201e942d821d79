/// How a connection ends (RFC 6455 section 7): whoever begins, what was queued goes out, then our close frame; the end is
/// told once both close frames have really passed, or cannot any more.
extension ConnectionCore {
    func close(code: WebSocketCloseCode, reason: String) {
        if case .send(let payload) = machine.close(ClosePayload(sending: code, reason: reason)) { sendClose(payload) }
    }

    /// Closes for a reason of this side that a reader should hear of.
    func fail(_ code: WebSocketCloseCode, _ reason: String) {
        let payload = ClosePayload(code: code, reason: reason)
        if case .send(let payload) = machine.close(payload, normally: false) { sendClose(payload) }
    }

    func receiveClose(_ payload: [UInt8]) {
        hasInputEnded = true
        // The end of the stream, which may stand right behind it, must not cut short what is still to be sent.
        pauseReading()
        let closing = unsafe payload.withUnsafeBytes { unsafe machine.receiveClose($0) }
        switch closing {
        case .send(let payload): sendClose(payload)
        case .complete(let close): complete(close)
        case .ignore: break
        }
    }

    func sendClose(_ payload: ClosePayload) {
        appendClose(payload)
        // Nothing follows the close frame.
        for member in memberships { member.readNoFurther() }
        liveness.closingBegan(loop.now)
        scheduleDeadline()
        let ending = dropHeld()
        // The peer's close frame must be seen, whoever has stopped reading.
        if !hasInputEnded { resumeReading(.all) }
        if let ending, !hasInputEnded { end(with: ending) }
        stateChanged()
    }

    func closeFrameLeft() {
        liveness.closeFrameLeft(loop.now)
        if case .complete(let close) = machine.closeFrameLeft(peerCanAnswer: !hasInputEnded) { complete(close) }
    }

    private func complete(_ close: WebSocketClose) {
        finish(peerHasEnded: close.isClean)
        tellEnd(close)
    }

    /// Tells everybody how it ended, once. The socket may still be there while the transport is ended.
    func tellEnd(_ close: WebSocketClose) {
        let error = WebSocketError.closed(close)
        leaveGroups()
        // Frames that were never written refer to the memberships that were to go before them.
        outbound.removeAll()
        unread = []
        owner?.connectionEnded(close)
        inbox?.finish(machine.endsNormally ? .success(nil) : .failure(error))
        if let extras {
            self.extras = nil
            for sender in extras.senders { sender.task.finish(.failure(error)) }
            extras.parkedPiece?.task.finish(.failure(error))
            for ping in extras.pings { ping.task.finish(.failure(error)) }
            extras.stateObservers.yield(.closed(close))
            extras.stateObservers.finish()
            for waiter in extras.closeWaiters { waiter.finish(close) }
            extras.writableHandler = nil
            extras.pieceHandler = nil
        }
        let handler = closeHandler
        messageHandler = nil
        closeHandler = nil
        handler?(close)
    }
}
