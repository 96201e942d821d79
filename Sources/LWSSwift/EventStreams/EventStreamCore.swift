internal import CLibWebSockets
internal import Glibc

/// One event stream on its loop: an answer to an HTTP request that has no end, which events are written to as they come.
///
/// It needs no task, and asks its peer for nothing: the end of a connection is an event of its socket, like the bytes that
/// are read for that reason alone. A peer that has gone without a word is found out by what it does not take. Confined to the
/// loop's thread.
final class EventStreamCore: Subscriber, @unchecked Sendable {
    // Reason for the unchecked conformance: that of ``Subscriber``.
    private var phase = Phase.open
    /// What the peer has sent, which nobody reads.
    private var inputBytes = 0
    let settings: ConnectionSettings
    private var closeHandler: ((EventStreamConnection.End) -> Void)?
    /// The server that keeps count of it; nil once it has counted the end.
    private var owner: (any ConnectionOwner)?
    /// Since when the peer has been expected to take something, and took nothing; 0 when it is not.
    private var waitingSince: UInt64 = 0
    /// What it had taken then.
    private var lastProgress: UInt64 = 0

    private enum Phase: Equatable {
        case open
        /// What was queued goes out, nothing follows.
        case closing
        case ended(EventStreamConnection.End)
    }

    /// A request has been answered for good, and so there is nothing to say: a client that does is cut off before long.
    private static let maximumInputBytes = 64 << 10
    /// How often a peer that takes nothing is looked at, in milliseconds.
    private static let watchInterval: UInt64 = 500

    init(_ loop: ServiceLoop, settings: ConnectionSettings, owner: any ConnectionOwner) {
        self.settings = settings
        self.owner = owner
        super.init(loop)
    }

    /// The socket is attached: the head of the answer goes out at the end of the turn, with what is sent in it.
    func open(head: [UInt8]) {
        unsafe head.withUnsafeBytes { unsafe enqueue($0) }
        guard let wsi = unsafe wsi else { return }
        // What is written to a peer that has gone without a word is sent again for a quarter of an hour otherwise (tcp(7)). Of
        // one that takes nothing the system would say the same, so that it is to be later than what is watched here.
        let time = Int32(clamping: settings.stallTimeout.saturatingAdd(2 * Self.watchInterval))
        SystemSocket.setOption(unsafe lws_get_socket_fd(wsi), Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, time)
    }

    // MARK: Sending

    override var isOpen: Bool { phase == .open }

    func trySend(_ event: EventRecord) -> LoopConnection.SendResult {
        guard isOpen, queuedBytes + event.bytes.count <= settings.limits.maximumQueuedBytes else { return .dropped }
        unsafe event.bytes.withUnsafeBytes { unsafe enqueue($0) }
        return queuedBytes > settings.limits.outbound.highBytes ? .aboveHighWaterMark : .queued
    }

    private func enqueue(_ bytes: UnsafeRawBufferPointer) {
        unsafe outbound.append(bytes, behind: standApartForFrame())
        markForFlush()
    }

    override func sendInPlace(_ notice: BroadcastMember.Notice) {
        guard isOpen else { return }
        unsafe bytes(of: notice).withUnsafeBytes { unsafe enqueue($0) }
    }

    override func bytes(of notice: BroadcastMember.Notice) -> [UInt8] {
        EventRecord(event: notice.event, notice.message).bytes
    }

    // MARK: Events of the stream

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        inputBytes += bytes.count
        if inputBytes > Self.maximumInputBytes { cut(.byServer) }
    }

    override func writingStalled() {
        guard waitingSince == 0 else { return }
        waitingSince = max(loop.now, 1)
        lastProgress = peerProgress
        loop.schedule(self, at: loop.now + Self.watchInterval)
    }

    override func becameWritable() {
        waitingSince = 0
        let now = loop.now
        write()
        for member in memberships { member.madeProgress(now) }
    }

    override func hasWritten() {
        guard phase == .closing, !isHolding, !isEnding, outbound.isEmpty else { return }
        finish()
        tellEnd(.byServer)
    }

    override func transportEnded() {
        tellEnd(phase == .open ? .byClient : .byServer)
    }

    override func socketEnded() {
        owner?.socketEnded()
        owner = nil
    }

    override func loopShutsDown() {
        close()
    }

    // MARK: Ending

    /// Ends the stream behind what was queued and what its groups have sent.
    func close() {
        guard isOpen else { return }
        let marks = standApart()
        if !marks.isEmpty { unsafe outbound.append(UnsafeRawBufferPointer(start: nil, count: 0), behind: marks) }
        phase = .closing
        for member in memberships { member.readNoFurther() }
        markForFlush()
    }

    override func endSinceTooSlow() {
        cut(.tooSlow)
    }

    private func cut(_ end: EventStreamConnection.End) {
        self.end()
        tellEnd(end)
    }

    func onClose(_ body: @escaping (EventStreamConnection.End) -> Void) {
        if case .ended(let end) = phase { return body(end) }
        guard let earlier = closeHandler else { return closeHandler = body }
        closeHandler = { end in
            earlier(end)
            body(end)
        }
    }

    /// Tells how it ended, once. The socket may still be there while the transport is ended.
    private func tellEnd(_ end: EventStreamConnection.End) {
        if case .ended = phase { return }
        phase = .ended(end)
        leaveGroups()
        // What was never written refers to the memberships that were to go before it.
        outbound.removeAll()
        owner?.eventStreamEnded(end)
        let handler = closeHandler
        closeHandler = nil
        handler?(end)
    }

    // MARK: Watching

    /// A peer that takes nothing for long has gone, or might as well have.
    override func deadlinePassed(_ now: UInt64) -> UInt64? {
        guard waitingSince != 0 else { return nil }
        let progress = peerProgress
        if progress != lastProgress {
            lastProgress = progress
            waitingSince = max(now, 1)
        }
        let allowed = phase == .closing ? settings.closeTimeout : settings.stallTimeout
        guard now < waitingSince.saturatingAdd(allowed) else {
            cut(phase == .closing ? .byServer : .tooSlow)
            return nil
        }
        return now + Self.watchInterval
    }
}
