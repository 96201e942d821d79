internal import CLibWebSockets
internal import Glibc

/// A stream of bytes in both directions on a socket that lws serves (role raw-skt): what HTTP, WebSocket connections and
/// dials stand on.
///
/// It knows what every one of them needs to keep its promises and lws does not tell: whether everything written has left,
/// whether the peer takes bytes, and how to end without losing what was written last. With ``secure(_:hostName:port:)`` the
/// same holds for a stream within TLS. Confined to the loop's thread.
class StreamSocket: LoopSocket {
    /// Why nothing is read from the socket; it is read from while there is no reason.
    private struct Stops: OptionSet {
        let rawValue: UInt8
        /// Whoever uses the stream wants no more for now.
        static let byUser = Stops(rawValue: 1)
        /// lws holds bytes, and reads nothing meanwhile: the loop would spin on a socket with input (ops-raw-skt.c).
        static let byHolding = Stops(rawValue: 2)
    }

    private enum Ending {
        case no
        /// Everything was written: what still comes is dropped until the peer ends too.
        case finishing
        case ended
    }

    private var stops: Stops = []
    private var ending = Ending.no
    /// What lws holds at most of what was written last.
    private(set) final var heldBytes = 0
    /// Input had its turn since the socket was full, and must not have another before output has one.
    private var hasYieldedToInput = false

    /// What the socket was let in by; nil when nobody was asked.
    final var admission: SocketAdmission?
    private var hasToldEnd = false
    /// The peer has ended TLS, and the transport soon.
    private var peerHasClosed = false
    /// What encrypts; nil for a plain stream.
    private(set) final var tls: TLSSession?

    /// How long a peer may take to end after everything was sent, in milliseconds.
    private static let lingerMilliseconds: UInt64 = 2_000

    // MARK: Events, for subclasses

    /// Bytes arrived. They may be changed, and are valid during the call only: at most one read of 32 KiB.
    func received(_ bytes: UnsafeMutableRawBufferPointer) {}

    /// What lws held has left. Nothing may be written yet: input that waits has its turn first, and it may well be the answer
    /// to what has left.
    func heldHasLeft() {}

    /// Everything that was written has left, and the socket takes more.
    func becameWritable() {}

    /// The TLS handshake is done: from now on bytes may be written.
    func becameSecure() {}

    /// The stream has ended, for whatever reason: the last event, once. ``tlsFailure`` may say why.
    func transportEnded() {}

    /// A deadline of the subclass has come; answers with the next one in milliseconds of the loop's clock.
    func deadlinePassed(_ now: UInt64) -> UInt64? { nil }

    // MARK: Writing

    /// lws holds the rest of what was written last.
    final var isHolding: Bool { heldBytes > 0 }

    /// Where the bytes go; nil once the stream has ended.
    final var outlet: Outlet? {
        guard let wsi = unsafe wsi, ending == .no else { return nil }
        return unsafe Outlet(wsi, tls)
    }

    /// Writes all of it, at most ``ServiceLoop/writeBytes``; not while ``isHolding``.
    final func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        guard let outlet else { return .broken }
        let outcome = unsafe outlet.write(bytes.baseAddress, bytes.count)
        wrote(outcome, bytes.count)
        return outcome
    }

    /// Notes what became of bytes that were written through ``outlet``.
    final func wrote(_ outcome: WriteOutcome, _ count: Int) {
        switch outcome {
        case .taken: break
        case .held:
            heldBytes = count
            stopReading(.byHolding)
            requestWritable()
        case .broken: end()
        }
    }

    /// Asks for ``becameWritable()``.
    final func requestWritable() {
        guard let wsi = unsafe wsi else { return }
        unsafe lws_callback_on_writable(wsi)
    }

    /// A number that grows as long as the peer takes bytes, and stands still when it does not: what its system has
    /// acknowledged and what it has room for, together the right edge of its receive window (RFC 9293 section 3.8). A peer
    /// that hangs lets its system acknowledge what fits its buffer, but moves that edge no further. For a system call each.
    final var peerProgress: UInt64 {
        guard let wsi = unsafe wsi else { return 0 }
        return unsafe PeerProgress.read(lws_get_socket_fd(wsi))
    }

    // MARK: Reading

    final func pauseReading() {
        stopReading(.byUser)
    }

    final func resumeReading() {
        goOnReading(.byUser)
    }

    private func stopReading(_ reason: Stops) {
        if stops.isEmpty, let wsi = unsafe wsi { unsafe lws_rx_flow_control(wsi, 0) }
        stops.insert(reason)
    }

    private func goOnReading(_ reason: Stops) {
        guard stops.contains(reason) else { return }
        stops.remove(reason)
        readAgain()
    }

    private func readAgain() {
        guard stops.isEmpty, let wsi = unsafe wsi else { return }
        if hasKeptInput {
            // It comes before what the system has, and with an event, not within a call of the subclass.
            requestWritable()
        } else {
            unsafe lws_rx_flow_control(wsi, 1)
        }
    }

    private var hasKeptInput: Bool { ending == .no && tls?.isHoldingInput == true }

    private func deliverKeptInput() {
        guard stops.isEmpty, hasKeptInput, let tls else { return }
        tls.resume()
        readAgain()
    }

    // MARK: Ending

    /// Drops the stream at the end of this turn. What lws holds is lost.
    final func end() {
        ending = .ended
        kill()
    }

    /// Ends in good order after the last write: the peer is told that nothing more comes, and what it still sends is read
    /// and dropped until it ends too, or has had two seconds. To close at once would have the system answer such bytes with
    /// a reset, which takes from the peer what it has not read yet (RFC 9112 section 9.6).
    ///
    /// - Parameter peerHasEnded: the peer sends nothing more, so that there is nothing to wait for.
    final func finish(peerHasEnded: Bool = false) {
        guard ending == .no, let wsi = unsafe wsi else { return end() }
        assert(!isHolding, "What lws holds would be lost.")
        tls?.closeNotify()
        if peerHasEnded, !hasInput { return end() }
        ending = .finishing
        unsafe halfClose(wsi)
        goOnReading(.byUser)
        loop.schedule(self, at: loop.now + Self.lingerMilliseconds)
    }

    /// Tells the peer that nothing more comes; when lws holds the end of TLS, only with the event that it has left.
    private func halfClose(_ wsi: OpaquePointer) {
        guard unsafe !Outlet(wsi).isHolding else { return }
        unsafe shutdown(lws_get_socket_fd(wsi), Int32(SHUT_WR))
        goOnReading(.byHolding)
    }

    /// Whether the stream was told to end.
    final var isEnding: Bool { ending != .no }

    // MARK: Hand-over

    /// Makes `successor` what stands behind the socket from now on.
    final func handOver(to successor: StreamSocket) {
        goOnReading(.byUser)
        successor.stops = stops
        successor.heldBytes = heldBytes
        successor.peerHasClosed = peerHasClosed
        successor.admission = admission
        admission = nil
        successor.tls = tls
        unsafe tls?.transport = successor
        tls = nil
        ending = .ended
        super.handOver(to: successor)
        if isHolding || peerHasClosed { successor.requestWritable() }
        successor.readAgain()
    }

    // MARK: Events of lws

    override final func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        guard ending == .no else { return }
        if let tls { unsafe tls.receive(UnsafeRawBufferPointer(bytes)) } else { unsafe received(bytes) }
    }

    override final func handle(
        _ reason: lws_callback_reasons,
        _ bytes: UnsafeMutableRawPointer?,
        _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_RAW_WRITEABLE: writable()
        case LWS_CALLBACK_RAW_CLOSE: release()
        default: break
        }
        return 0
    }

    private func writable() {
        if ending == .finishing, let wsi = unsafe wsi { return unsafe halfClose(wsi) }
        guard let outlet else { return }
        // A write in the same event may have filled the socket again.
        guard !outlet.isHolding else { return requestWritable() }
        if stops.contains(.byHolding) {
            goOnReading(.byHolding)
            heldHasLeft()
            // As long as there is more to write the socket is full again at once, and nothing would ever be read.
            if stops.isEmpty, !hasYieldedToInput, hasInput {
                hasYieldedToInput = true
                return requestWritable()
            }
        }
        hasYieldedToInput = false
        heldBytes = 0
        deliverKeptInput()
        guard !isHolding, !isEnding else { return }
        becameWritable()
        if peerHasClosed, !isHolding, !isEnding { finish(peerHasEnded: true) }
    }

    private var hasInput: Bool {
        guard let wsi = unsafe wsi else { return false }
        var poll = unsafe pollfd(fd: lws_get_socket_fd(wsi), events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 0) > 0
    }

    /// lws closes the socket: nothing may be done with it any more.
    private func release() {
        ending = .ended
        letGo()
        guard !hasToldEnd else { return }
        hasToldEnd = true
        transportEnded()
    }

    override final func ended() {
        super.ended()
        release()
        admission = nil
        socketEnded()
    }

    /// lws has freed its socket, and the descriptor is closed.
    func socketEnded() {}

    override final func deadlineReached(_ now: UInt64) -> UInt64? {
        switch ending {
        case .no: return deadlinePassed(now)
        case .finishing:
            end()
            return nil
        case .ended: return nil
        }
    }
}

extension StreamSocket: TLSTransport {
    /// Has everything encrypted from the first byte on: nothing may have been written or received.
    /// ``becameSecure()`` tells when the handshake is done, before which nothing may be written.
    ///
    /// - Parameters:
    ///   - hostName: for clients, the host as the URL names it.
    ///   - port: for clients, the server's port.
    final func secure(_ context: TLSContext, hostName: String? = nil, port: Int = 0) {
        guard
            let session = TLSSession(
                context,
                scratch: loop.tlsScratch,
                transport: self,
                hostName: hostName,
                port: port
            )
        else { return end() }
        tls = session
        session.start()
    }

    /// Why TLS is the reason for the end of the stream; nil when it is not.
    final var tlsFailure: TLSFailure? { tls?.failure ?? tls?.failureAtEnd }

    final func send(ciphertext: UnsafeRawBufferPointer) -> Bool {
        guard let wsi = unsafe wsi else { return false }
        switch unsafe Outlet(wsi).write(ciphertext.baseAddress, ciphertext.count) {
        case .taken: return true
        case .held:
            // Said by TLS itself, perhaps, so that nobody else notes it.
            if heldBytes == 0 { heldBytes = ciphertext.count }
            stopReading(.byHolding)
            return true
        case .broken: return false
        }
    }

    final func tlsSecured() {
        if ending == .no { becameSecure() }
    }

    final func tlsReceived(_ plaintext: UnsafeMutableRawBufferPointer) {
        unsafe received(plaintext)
    }

    final var wantsPlaintext: Bool { stops.isEmpty && ending == .no }

    final func tlsEnded(_ end: TLSEnd) {
        switch end {
        case .closedByPeer:
            // In the next turn, so that what was queued in this one goes out.
            peerHasClosed = true
            requestWritable()
        case .failed:
            // In good order, so that the peer gets the alert that says why.
            if isHolding { self.end() } else { finish() }
        }
    }
}
