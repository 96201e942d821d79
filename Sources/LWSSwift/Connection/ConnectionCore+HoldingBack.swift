/// How a connection is slowed down that sends more than it may: its messages wait, but what says that its peer lives, or
/// leaves, does not.
///
/// While messages are held back the socket is read from all the same, into a ``HeldInput``: pings are answered, pongs are
/// heard, a close frame is seen. When that is full the socket is not read from, and what the peer's system acknowledges is
/// its sign of life.
extension ConnectionCore {
    /// Takes no further message for so long.
    func holdBack(milliseconds: UInt64) {
        guard machine.isOpen, milliseconds > 0 else { return }
        makeExtras().held.extend(to: loop.now.saturatingAdd(milliseconds))
        pauses.insert(.heldBack)
        scheduleDeadline()
    }

    /// When messages that are held back are to be handed over; nil when nothing waits for a time.
    var endOfHolding: UInt64? { isHoldingBack ? extras?.held.due : nil }

    /// Whether messages wait for their time, and for nothing else.
    var isHoldingBack: Bool { pauses == .heldBack }

    /// Takes frames out of `input`, and keeps those of messages.
    func hold(_ input: inout UnsafeMutableRawBufferPointer) {
        let extras = makeExtras()
        do throws(ConnectionFailure) {
            while isHoldingBack, extras.held.ending == nil, let event = try unsafe reader.next(&input) {
                switch event {
                case .data(let bytes, let piece): unsafe extras.held.append(bytes, piece)
                case .ping(let payload): appendUrgent(.pong, payload)
                case .pong(let payload): receivePong(payload)
                case .close(let payload):
                    let latest = loop.now.saturatingAdd(settings.closeTimeout)
                    extras.held.finish(.close(payload), latest: latest)
                }
            }
        } catch {
            extras.held.finish(.failure(error), latest: .max)
        }
        // Behind the end nothing comes.
        if extras.held.ending != nil { unsafe input = UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        if extras.held.isFull { pauseReading() }
        scheduleDeadline()
    }

    /// Hands over what was held back, as far as its time has come: a message may well have what is behind it held back again.
    func handOverHeld() {
        guard isHoldingBack, let extras else { return }
        let now = loop.now
        while machine.isOpen, isHoldingBack, extras.held.isDue(now) {
            if extras.held.isGivenUp(now) { extras.held.dropPieces() }
            guard let (bytes, piece) = extras.held.takeFirst() else { break }
            unsafe bytes.withUnsafeBytes { unsafe receiveHeld($0, piece) }
        }
        // If there is another reason to wait now, its end comes back here.
        guard machine.isOpen, isHoldingBack else { return }
        guard extras.held.isEmpty, extras.held.isDue(now) else {
            if extras.held.isLow, unread.isEmpty { resumeReading() }
            return scheduleDeadline()
        }
        let ending = extras.held.ending
        extras.held = HeldInput()
        resumeReading(.heldBack)
        if let ending { end(with: ending) }
    }

    /// Goes on when nothing but its time keeps what is held back. As a job: whoever lets the reading go on may be in the middle
    /// of a message.
    func handOverHeldSoon() {
        loop.execute {
            guard self.isHoldingBack else { return }
            self.readOn()
            self.handOverHeld()
        }
    }

    /// Drops what is held back, since this side closes.
    ///
    /// - Returns: what the peer has said behind it.
    func dropHeld() -> HeldInput.Ending? {
        guard let extras else { return nil }
        defer { extras.held = HeldInput() }
        return extras.held.ending
    }

    func end(with ending: HeldInput.Ending) {
        switch ending {
        case .close(let payload): receiveClose(payload)
        case .failure(let failure):
            hasInputEnded = true
            fail(failure.code, failure.reason)
        }
    }

    /// The stream has ended: what came before that and is still held back goes with it, since a peer could otherwise send as
    /// much as it likes by ending each connection.
    func endHeld() {
        guard let extras, machine.isOpen else { return }
        if !extras.held.isDue(loop.now) { extras.held.dropPieces() }
        while machine.isOpen, let (bytes, piece) = extras.held.takeFirst() {
            unsafe bytes.withUnsafeBytes { unsafe receiveHeld($0, piece) }
        }
        guard machine.isOpen, case .close(let payload) = extras.held.ending else { return }
        hasInputEnded = true
        _ = unsafe payload.withUnsafeBytes { unsafe machine.receiveClose($0) }
    }
}
