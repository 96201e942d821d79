/// What keeps count of connections, on their loop.
protocol ConnectionOwner: AnyObject {
    /// A connection has ended, for everybody who uses it.
    func connectionEnded(_ close: WebSocketClose)
    /// The same of an event stream.
    func eventStreamEnded(_ end: EventStreamConnection.End)
    /// Its socket is gone too.
    func socketEnded()
}

/// One WebSocket connection on its loop: hears of its stream, asks the state machine, and does what that decides. Both
/// faces, closures and sequence, are fed from here.
///
/// What it does is in files of their own: receiving, sending, closing, what users hear of it, and, in FanOut, what it does
/// for groups.
///
/// Reason for the unchecked conformance: the references that travel are the public handles; they read the immutable
/// part, and reach the rest through the loop, whose thread is checked there.
final class ConnectionCore: Subscriber, @unchecked Sendable {
    // The order keeps it small: an idle connection is little more than this object and what lws has for it.
    let role: WebSocketRole
    var pauses: Pauses = []
    var isAboveHighMark = false
    /// Nothing that still arrives is for us: the peer's close frame has, or what it sends cannot be understood.
    var hasInputEnded = false
    var delivery = Delivery.whole
    let handshake: Handshake
    let settings: ConnectionSettings

    // MARK: Confined to the loop's thread

    var machine: ConnectionStateMachine {
        @inline(__always) _read { yield unsafe uncheckedMachine }
        @inline(__always) _modify { yield unsafe &uncheckedMachine }
    }
    /// Not checked at run time for overlapping accesses, which every message would pay for: one thread uses it, and it calls
    /// nothing that leads back here.
    @exclusivity(unchecked) private var uncheckedMachine: ConnectionStateMachine
    var reader: FrameReader {
        @inline(__always) _read { yield unsafe uncheckedReader }
        @inline(__always) _modify { yield unsafe &uncheckedReader }
    }
    /// Not checked for the same reason.
    @exclusivity(unchecked) private var uncheckedReader: FrameReader
    /// What was read and not taken, because reading was stopped in the middle of it: at most one read.
    var unread: [UInt8] = []
    var messageHandler: ((BorrowedMessage) -> Void)?
    var closeHandler: ((WebSocketClose) -> Void)?
    var inbox: MessageInbox?
    /// What few connections need, made when one does.
    var extras: Extras?
    /// The endpoint that keeps count of its connections; nil once it has counted the end, since its closures may well
    /// lead back here.
    var owner: (any ConnectionOwner)?
    var liveness: Liveness

    init(
        _ loop: ServiceLoop,
        role: WebSocketRole,
        handshake: Handshake,
        settings: ConnectionSettings,
        owner: (any ConnectionOwner)?
    ) {
        self.role = role
        self.handshake = handshake
        self.settings = settings
        self.owner = owner
        unsafe uncheckedMachine = ConnectionStateMachine(
            maximumMessageBytes: settings.limits.maximumMessageBytes,
            inflater: handshake.compression.map { $0.inflater(of: loop) }
        )
        unsafe uncheckedReader = FrameReader(role: role)
        liveness = Liveness(now: loop.now)
        super.init(loop)
    }

    /// The opening handshake succeeded and the socket is attached.
    ///
    /// - Parameter early: what came behind the handshake in the same read. It is read once the users of the connection have
    ///   set their closures: later in this turn.
    func open(early: [UInt8] = []) {
        machine.open()
        scheduleDeadline()
        guard !early.isEmpty else { return }
        unread = early
        readOnSoon()
    }

    override var isOpen: Bool { machine.isOpen }

    // MARK: Events of the stream

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        heardFromPeer()
        guard unread.isEmpty, pauses.letRead else {
            if !hasInputEnded { unsafe unread.append(contentsOf: bytes) }
            return
        }
        var input = unsafe bytes
        unsafe read(&input)
        if unsafe !input.isEmpty, !hasInputEnded { unread = unsafe Array(input) }
    }

    override func heldHasLeft() {
        notePingThatLeft()
    }

    override func becameWritable() {
        everythingHasLeft()
        let now = loop.now
        write()
        for member in memberships { member.madeProgress(now) }
    }

    override func writingStalled() {
        if liveness.writingStalled(loop.now) { scheduleDeadline() }
    }

    override func hasWritten() {
        everythingHasLeft()
        admitSenders()
    }

    override func transportEnded() {
        endHeld()
        if let close = machine.transportEnded() { tellEnd(close) }
    }

    override func socketEnded() {
        owner?.socketEnded()
        owner = nil
    }

    override func loopShutsDown() {
        switch machine.phase {
        case .open: close(code: .goingAway, reason: "")
        case .closing: break
        case .connecting, .closed: end()
        }
    }

    // MARK: What groups ask of it

    override func endSinceTooSlow() {
        fail(.policyViolation, "too slow")
    }

    override func sendInPlace(_ notice: BroadcastMember.Notice) {
        if machine.isOpen { enqueue(notice.message.borrowed) }
    }

    /// In one frame.
    override func bytes(of notice: BroadcastMember.Notice) -> [UInt8] {
        var frame: [UInt8] = []
        unsafe notice.message.bytes.withUnsafeBytes { payload in
            unsafe FrameEncoder.append(
                notice.message.kind == .text ? .text : .binary,
                isFinal: true,
                isCompressed: false,
                payload,
                maskingKey: nil,
                to: &frame
            )
        }
        return frame
    }

    override func pausePublishing() -> Bool {
        pauseReading(.groupIsCongested)
    }

    override func resumePublishing() {
        resumeReading(.groupIsCongested)
    }

    // MARK: Deadlines

    private var situation: Liveness.Situation {
        Liveness.Situation(
            isOpen: machine.isOpen,
            isReading: pauses.isEmpty,
            isHeldBack: isHoldingBack,
            lastDelivery: memberships.reduce(0) { max($0, $1.lastDelivery) }
        )
    }

    func scheduleDeadline() {
        if let next = nextDeadline(loop.now) { loop.schedule(self, at: next) }
    }

    private func nextDeadline(_ now: UInt64) -> UInt64? {
        let next = liveness.next(now, settings, situation)
        guard let endOfHolding else { return next }
        return min(next ?? .max, endOfHolding)
    }

    override func deadlinePassed(_ now: UInt64) -> UInt64? {
        if let endOfHolding, now >= endOfHolding { handOverHeld() }
        switch liveness.demand(now, settings, situation, peerProgress: { peerProgress }) {
        case .nothing: break
        case .ping: sendPing(0)
        case .closeIdle: close(code: .goingAway, reason: "idle")
        case .fail(let reason): fail(.policyViolation, reason)
        case .failAndCut(let reason):
            fail(.policyViolation, reason)
            end()
        case .cut: end()
        }
        return nextDeadline(now)
    }
}
