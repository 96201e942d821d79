internal import CLibWebSockets
internal import DequeModule
internal import Synchronization

/// What keeps count of connections, on their loop.
protocol ConnectionOwner: AnyObject {
    /// A connection has ended, for everybody who uses it.
    func connectionEnded()
    /// Its socket is gone too.
    func socketEnded()
}

/// One WebSocket connection on its loop: does what the state machine decides, and feeds both faces, closures and
/// sequence, from one path.
///
/// Reason for the unchecked conformance: the references that travel are the public handles; they read the immutable
/// part, and reach the rest through the loop, whose thread is checked there.
final class ConnectionCore: LoopSocket, @unchecked Sendable {
    // The order keeps it small: an idle connection is little more than this object and what lws has for it.
    let role: WebSocketRole
    private var pauses: Pauses = []
    private var isMarkedForFlush = false
    /// lws may owe the peer a pong, which it sends when the socket is next said to be writable: ours waits for that too.
    private var mayOwePong = false
    private var isAboveHighMark = false
    /// The closing handshake is over: what remains is to end the transport from within a callback of lws.
    private var mustEndTransport = false
    let id: UInt64
    let handshake: Handshake
    let settings: ConnectionSettings

    // MARK: Confined to the loop's thread

    private var machine: ConnectionStateMachine {
        @inline(__always) _read { yield unsafe uncheckedMachine }
        @inline(__always) _modify { yield unsafe &uncheckedMachine }
    }
    /// Not checked at run time for overlapping accesses, which every message would pay for: one thread uses it, and it calls
    /// nothing that leads back here.
    @exclusivity(unchecked) private var uncheckedMachine: ConnectionStateMachine
    var outbound = OutboundQueue()
    /// Bytes that lws took over and holds because the socket was full.
    private var bytesHeldByLibrary = 0
    private var messageHandler: ((BorrowedMessage) -> Void)?
    private var closeHandler: ((WebSocketClose) -> Void)?
    private var inbox: MessageInbox?
    /// Its places in groups.
    var memberships = Memberships.none
    /// What few connections need, made when one does.
    private var extras: Extras?
    /// The endpoint that keeps count of its connections; nil once it has counted the end, since its closures may well
    /// lead back here.
    private var owner: (any ConnectionOwner)?
    var liveness: Liveness

    /// Why reading is stopped; it goes on when no reason is left.
    struct Pauses: OptionSet {
        let rawValue: UInt8
        static let user = Pauses(rawValue: 1)
        static let inboxIsFull = Pauses(rawValue: 2)
        static let groupIsCongested = Pauses(rawValue: 4)
        /// Those that the reader of the messages is to blame for.
        static let byReader: Pauses = [.user, .inboxIsFull]
        static let all: Pauses = [.user, .inboxIsFull, .groupIsCongested]
    }

    /// What few connections need.
    @safe
    final class Extras {
        var closeWaiters: [WaitingTask<WebSocketClose>] = []
        var stateObservers: [AsyncStream<WebSocketConnection.State>.Continuation] = []
        var senders: [ParkedSender] = []
        var pings: [PendingPing] = []
        var writableHandler: (() -> Void)?
    }

    private static let lastID = Atomic<UInt64>(0)

    init(
        _ loop: ServiceLoop,
        role: WebSocketRole,
        handshake: Handshake,
        settings: ConnectionSettings,
        owner: (any ConnectionOwner)?
    ) {
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.role = role
        self.handshake = handshake
        self.settings = settings
        self.owner = owner
        unsafe uncheckedMachine = ConnectionStateMachine(
            maximumMessageBytes: settings.limits.maximumMessageBytes,
            inflater: handshake.compression == nil ? nil : loop.inflater
        )
        liveness = Liveness(now: loop.now)
        super.init(loop)
    }

    /// The opening handshake succeeded and the socket is attached.
    func open() {
        machine.open()
        scheduleDeadline()
    }

    var isOpen: Bool { machine.isOpen }
    var queuedBytes: Int { outbound.byteCount + bytesHeldByLibrary }
    var isWaitingForSocket: Bool { bytesHeldByLibrary > 0 }
    /// Whatever is written to the socket now is in its place.
    var hasNothingToWrite: Bool { outbound.isEmpty && bytesHeldByLibrary == 0 && !mayOwePong }

    // MARK: Events of lws

    override func handle(_ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
        switch reason {
        case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_CLIENT_WRITEABLE:
            return becameWritable()
        case LWS_CALLBACK_RECEIVE_PONG, LWS_CALLBACK_CLIENT_RECEIVE_PONG:
            unsafe receivePong(UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
            return unsafe receiveClose(UnsafeRawBufferPointer(start: bytes, count: count))
        case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL, LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL:
            libraryCloses()
            return 0
        case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLIENT_CLOSED:
            transportEnded()
            return 0
        default:
            return 0
        }
    }

    override func ended() {
        super.ended()
        transportEnded()
        owner?.socketEnded()
        owner = nil
    }

    override func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let wsi = unsafe wsi else { return }
        heardFromPeer()
        let piece = unsafe MessageAssembler.Piece(
            isFirst: lws_is_first_fragment(wsi) != 0,
            isFinal: lws_is_final_fragment(wsi) != 0,
            isBinary: lws_frame_is_binary(wsi) != 0,
            reservedBits: UInt8(truncatingIfNeeded: lws_get_reserved_bits(wsi)),
            remainingInFrame: Int(lws_remaining_packet_payload(wsi))
        )
        messageIsUnderWay(piece)
        // A ping between the fragments of a message must be answered before the message is (RFC 6455 section 5.4).
        if piece.remainingInFrame == 0, !piece.isFinal { owePong() }
        switch unsafe machine.receive(UnsafeRawBufferPointer(bytes), piece) {
        case .none: break
        case .deliverPiece(let kind):
            unsafe deliver(
                BorrowedMessage(uncheckedKind: kind, bytes: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)))
            )
        case .deliver(let message): deliver(message.borrowed)
        case .fail(let payload): sendClose(payload)
        }
    }

    @inline(__always)
    private func heardFromPeer() {
        loop.hasReceived = true
        if liveness.heard(loop.now) { scheduleDeadline() }
    }

    private func owePong() {
        mayOwePong = true
        guard !memberships.isEmpty else { return }
        standApart()
        markForFlush()
    }

    /// Begins, or ends, the time a message may take.
    private func messageIsUnderWay(_ piece: MessageAssembler.Piece) {
        if piece.isFinal {
            liveness.messageHasEnded()
        } else if liveness.messageIsUnderWay() {
            scheduleDeadline()
        }
    }

    @inline(__always)
    private func deliver(_ message: BorrowedMessage) {
        if let messageHandler {
            messageHandler(message)
        } else if openInbox().push(message.message) {
            pauseReading(.inboxIsFull)
        }
    }

    private func receivePong(_ payload: UnsafeRawBufferPointer) {
        heardFromPeer()
        if hasReservedBits { return fail(ConnectionFailure.reservedBits.code, ConnectionFailure.reservedBits.reason) }
        guard let extras, payload.count == 8 else { return }
        let number = unsafe payload.loadUnaligned(as: UInt64.self)
        guard let index = extras.pings.firstIndex(where: { $0.number == number }) else { return }
        let ping = extras.pings.remove(at: index)
        ping.task.finish(.success(ping.sent.duration(to: .now)))
    }

    private func receiveClose(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        switch unsafe machine.receiveClose(bytes, hasReservedBits: hasReservedBits) {
        case .answer(let payload, let close):
            // The answer goes out now, behind what was queued: lws closes the socket when this callback returns.
            leaveGroups()
            append(.close, payload.bytes)
            write()
            finish(close)
        case .complete(let close):
            finish(close)
        case .send, .ignore:
            break
        }
        return -1
    }

    /// Whether the frame that lws just read has reserved bits set, which a control frame may not. Without an extension lws
    /// refuses such frames itself.
    private var hasReservedBits: Bool {
        guard handshake.compression != nil, let wsi = unsafe wsi else { return false }
        return unsafe lws_get_reserved_bits(wsi) != 0
    }

    /// lws has begun to end the connection. If that was its own decision it sends a close frame, whose body it keeps
    /// (lws-ws-close.h): nothing of ours may follow it.
    private func libraryCloses() {
        leaveGroups()
        outbound.removeAll()
        guard let wsi = unsafe wsi, machine.isOpen, unsafe lws_get_close_length(wsi) >= 2,
            let body = unsafe lws_get_close_payload(wsi)
        else { return }
        let bytes = unsafe UnsafeRawBufferPointer(start: body, count: Int(lws_get_close_length(wsi)))
        if case .success(let payload) = unsafe ClosePayload.parse(bytes) {
            machine.failedByLibrary(payload)
            stateChanged()
        }
    }

    private func transportEnded() {
        if let close = machine.transportEnded() { finish(close) }
    }

    // MARK: Sending

    func trySend(_ message: BorrowedMessage) -> LoopConnection.SendResult {
        guard machine.isOpen else { return .dropped }
        let size = OutboundQueue.size(ofPayload: message.bytes.byteCount)
        guard queuedBytes + size <= settings.limits.maximumQueuedBytes else { return .dropped }
        enqueue(message)
        return isAboveHighMark ? .aboveHighWaterMark : .queued
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
        guard !isAboveHighMark, queuedBytes + size <= settings.limits.maximumQueuedBytes else { return nil }
        enqueue(message.borrowed)
        return .success(())
    }

    private func enqueue(_ message: BorrowedMessage) {
        if settings.idleTimeout != nil { liveness.sent(loop.now) }
        let isClient = role == .client
        let keys = { isClient ? self.loop.maskingKeys.next() : nil }
        let marks = standApart()
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

    private func append(_ opcode: FrameEncoder.Opcode, _ payload: [UInt8]) {
        let key = role == .client ? loop.maskingKeys.next() : nil
        let marks = standApart()
        unsafe payload.withUnsafeBytes { unsafe outbound.append(opcode, $0, behind: marks, maskingKey: key) }
    }

    func markForFlush() {
        guard !isMarkedForFlush else { return }
        isMarkedForFlush = true
        loop.unflushed.append(self)
    }

    /// The end of a turn: writes what was queued in it.
    func flush() {
        isMarkedForFlush = false
        if mayOwePong {
            waitForWritable()
        } else {
            write()
        }
    }

    /// Writes until everything is written or the socket is full.
    ///
    /// Every write carries whole frames, `LWS_WRITE_RAW`: lws passes them through, keeps what the socket does not take,
    /// and sends its pongs only in between (lib/core-net/output.c). Its result is no count: only a negative one, and
    /// `lws_partial_buffered` afterwards, mean something.
    private func write() {
        guard let wsi = unsafe wsi, bytesHeldByLibrary == 0 else { return }
        if unsafe lws_partial_buffered(wsi) != 0 {
            // One of lws' own frames fills the socket.
            if !outbound.isEmpty || !memberships.isEmpty { waitForWritable() }
            return
        }
        if memberships.isEmpty {
            while let segment = outbound.first {
                let written = unsafe segment.bytes.withUnsafeBytes {
                    unsafe clws_write_raw_bytes(wsi, $0.baseAddress, $0.count)
                }
                outbound.removeFirst()
                guard written >= 0 else { return writeFailed() }
                if unsafe lws_partial_buffered(wsi) != 0 {
                    socketIsFull(holding: segment.bytes.count)
                    break
                }
                liveness.writingWentOn()
            }
        } else {
            unsafe writeWithGroups(wsi)
        }
        admitSenders()
    }

    /// The socket is broken. Within another socket's event there is no way to say "-1" for this one.
    func writeFailed() {
        outbound.removeAll()
        mustEndTransport = true
        kill()
    }

    /// lws holds what the socket did not take of the last write.
    func socketIsFull(holding count: Int) {
        bytesHeldByLibrary = count
        waitForWritable()
    }

    private func waitForWritable() {
        guard let wsi = unsafe wsi else { return }
        if liveness.writingStalled(loop.now) { scheduleDeadline() }
        standApart()
        for member in memberships { member.lane.shard.watch() }
        unsafe lws_callback_on_writable(wsi)
    }

    private func becameWritable() -> Int32 {
        if mustEndTransport { return -1 }
        bytesHeldByLibrary = 0
        liveness.writingWentOn()
        mayOwePong = false
        let now = loop.now
        write()
        for member in memberships { member.madeProgress(now) }
        return 0
    }

    /// The queue has become shorter: who waited for that goes on, in order.
    private func admitSenders() {
        let wasAboveHighMark = isAboveHighMark
        if wasAboveHighMark {
            guard queuedBytes <= settings.limits.outbound.lowBytes else { return }
            isAboveHighMark = false
        }
        while let extras, let sender = extras.senders.first, let result = sendNow(sender.message) {
            extras.senders.removeFirst()
            sender.task.finish(result)
        }
        if wasAboveHighMark, !isAboveHighMark { extras?.writableHandler?() }
    }

    // MARK: Closing

    func close(code: WebSocketCloseCode, reason: String) {
        precondition(code.isSendable, "Close code \(code) may not be sent (RFC 6455 section 7.4).")
        if case .send(let payload) = machine.close(ClosePayload(code: code, reason: reason)) { sendClose(payload) }
    }

    /// Closes for a reason of this side that a reader should hear of.
    func fail(_ code: WebSocketCloseCode, _ reason: String) {
        let payload = ClosePayload(code: code, reason: reason)
        if case .send(let payload) = machine.close(payload, normally: false) { sendClose(payload) }
    }

    private func sendClose(_ payload: ClosePayload) {
        append(.close, payload.bytes)
        // Nothing follows the close frame.
        for member in memberships { member.readNoFurther() }
        markForFlush()
        liveness.closingBegan(loop.now, settings)
        scheduleDeadline()
        // The peer's close frame must be seen, whoever has stopped reading.
        resumeReading(.all)
        stateChanged()
    }

    /// Tells everybody how it ended, once. The socket may still be there while the transport is ended.
    private func finish(_ close: WebSocketClose) {
        let error = WebSocketError.closed(close)
        leaveGroups()
        // Frames that were never written refer to the memberships that were to go before them.
        outbound.removeAll()
        owner?.connectionEnded()
        inbox?.finish(machine.endsNormally ? .success(nil) : .failure(error))
        if let extras {
            self.extras = nil
            for sender in extras.senders { sender.task.finish(.failure(error)) }
            for ping in extras.pings { ping.task.finish(.failure(error)) }
            for observer in extras.stateObservers {
                observer.yield(.closed(close))
                observer.finish()
            }
            for waiter in extras.closeWaiters { waiter.finish(close) }
            extras.writableHandler = nil
        }
        let handler = closeHandler
        messageHandler = nil
        closeHandler = nil
        handler?(close)
    }

    override func loopShutsDown() {
        switch machine.phase {
        case .open: close(code: .goingAway, reason: "")
        case .closing: break
        case .connecting, .closed: kill()
        }
    }

    /// Ends the connection without waiting for the peer any longer.
    func cut() {
        mustEndTransport = true
        kill()
    }

    // MARK: Reading

    /// True when this is a new reason.
    @discardableResult
    func pauseReading(_ reason: Pauses) -> Bool {
        guard machine.isOpen, let wsi = unsafe wsi, !pauses.contains(reason) else { return false }
        if pauses.isEmpty { unsafe lws_rx_flow_control(wsi, 0) }
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
        guard pauses.isEmpty, let wsi = unsafe wsi else { return }
        liveness.readingWentOn(loop.now)
        // What was not asked of the peer meanwhile is due again.
        scheduleDeadline()
        unsafe lws_rx_flow_control(wsi, 1)
    }

    /// The reader has made room.
    func resumeReadingFromAnyThread() {
        if loop.isCurrent {
            resumeReading(.inboxIsFull)
        } else {
            loop.execute { self.resumeReading(.inboxIsFull) }
        }
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

    // MARK: Handlers and observers

    func setMessageHandler(_ body: ((BorrowedMessage) -> Void)?) {
        messageHandler = machine.closed == nil ? body : nil
        guard let body, let waiting = inbox else { return }
        for message in waiting.drain() { body(message.borrowed) }
        resumeReading(.inboxIsFull)
    }

    func setCloseHandler(_ body: @escaping (WebSocketClose) -> Void) {
        if let close = machine.closed {
            body(close)
        } else {
            closeHandler = body
        }
    }

    func setWritableHandler(_ body: (() -> Void)?) {
        guard machine.closed == nil, body != nil || extras != nil else { return }
        makeExtras().writableHandler = body
    }

    private func makeExtras() -> Extras {
        if let extras { return extras }
        let made = Extras()
        extras = made
        return made
    }

    func addCloseWaiter(_ waiter: WaitingTask<WebSocketClose>) {
        if let close = machine.closed {
            waiter.finish(close)
        } else {
            makeExtras().closeWaiters.append(waiter)
        }
    }

    func observeStates(_ continuation: AsyncStream<WebSocketConnection.State>.Continuation) {
        continuation.yield(state)
        if machine.closed == nil {
            makeExtras().stateObservers.append(continuation)
        } else {
            continuation.finish()
        }
    }

    private var state: WebSocketConnection.State {
        switch machine.phase {
        case .connecting, .open: .open
        case .closing: .closing
        case .closed(let close): .closed(close)
        }
    }

    private func stateChanged() {
        guard let extras else { return }
        for observer in extras.stateObservers { observer.yield(state) }
    }

    func addSender(_ sender: ParkedSender) {
        // Nobody overtakes those who wait, not even with a message that would fit.
        guard !hasParkedSenders, let result = sendNow(sender.message) else {
            return makeExtras().senders.append(sender)
        }
        sender.task.finish(result)
    }

    var hasParkedSenders: Bool { !(extras?.senders.isEmpty ?? true) }

    func cancelSender(_ ticket: Ticket) {
        guard let extras, let index = extras.senders.firstIndex(where: { $0.ticket === ticket }) else { return }
        extras.senders.remove(at: index).task.finish(.failure(.cancelled))
    }

    /// Pings that may be under way at once.
    private static let maximumPings = 16

    func addPing(_ ping: PendingPing) {
        guard machine.isOpen else { return ping.task.finish(.failure(.closed(machine.closed))) }
        let extras = makeExtras()
        guard extras.pings.count < Self.maximumPings else {
            return ping.task.finish(
                .failure(WebSocketError(.messageTooBig, "More than \(Self.maximumPings) pings are under way."))
            )
        }
        extras.pings.append(ping)
        sendPing(ping.number)
    }

    func cancelPing(_ ticket: Ticket) {
        guard let extras, let index = extras.pings.firstIndex(where: { $0.ticket === ticket }) else { return }
        extras.pings.remove(at: index).task.finish(.failure(.cancelled))
    }

    private func sendPing(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number) { append(.ping, unsafe Array($0)) }
        markForFlush()
    }

    // MARK: Deadlines

    private var situation: Liveness.Situation {
        Liveness.Situation(
            isOpen: machine.isOpen,
            isReading: pauses.isEmpty,
            lastDelivery: memberships.reduce(0) { max($0, $1.lastDelivery) }
        )
    }

    private func scheduleDeadline() {
        if let next = liveness.next(loop.now, settings, situation) { loop.schedule(self, at: next) }
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        switch liveness.demand(now, settings, situation) {
        case .nothing: break
        // An empty pong is not reported by lws, so the ping has a payload.
        case .ping: sendPing(0)
        case .closeIdle: close(code: .goingAway, reason: "idle")
        case .fail(let reason): fail(.policyViolation, reason)
        case .failAndCut(let reason):
            fail(.policyViolation, reason)
            cut()
        case .cut: cut()
        }
        return liveness.next(now, settings, situation)
    }
}
