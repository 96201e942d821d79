internal import CLibWebSockets
internal import Glibc
internal import HTTPTypes
internal import Instrumentation

/// An accepted socket while it speaks HTTP: its requests are answered one after another, until one of them is the opening
/// handshake that makes it a WebSocket connection.
///
/// While a request is being answered nothing is read; what came behind it in the same read waits its turn.
///
/// Reason for the unchecked conformance: tasks that answer a request hold the reference and go through the loop.
final class HTTPServerConnection: StreamSocket, @unchecked Sendable {
    private let server: ServerCore
    private let remoteAddress: SocketAddress?

    /// What the socket is doing.
    private enum Phase {
        /// A request head is awaited; for the first one, the TLS handshake too.
        case readingHead
        case readingBody(RequestHead)
        case answering(HTTPResponseWriter)
        /// The handshake hook decides later, in a task.
        case deciding(UpgradeExchange)
        /// The hook has accepted, and the answer is written.
        case upgraded(Handshake)
        /// The last answer is on its way.
        case ending
        case ended
    }
    private var phase = Phase.readingHead
    private var parser: RequestParser
    private var body: BodyReader?
    /// What was read behind the request that is being answered: at most one read.
    private var unread: [UInt8] = []
    /// What has been read is being taken, further up the stack.
    private var isTaking = false
    /// A request was answered.
    private var hasAnswered = false
    /// The task that answers or decides.
    private var task: Task<Void, Never>?
    /// When the peer has to have done its part.
    private var deadline: UInt64
    /// When the body has to be there, however steadily it comes.
    private var bodyDeadline = UInt64.max
    private var lastProgress: UInt64 = 0

    /// How often a socket that is not read from is looked at, in milliseconds.
    private static let watchInterval: UInt64 = 500

    init(_ server: ServerCore, remoteAddress: SocketAddress?) {
        self.server = server
        self.remoteAddress = remoteAddress
        parser = RequestParser(limits: server.headLimits)
        deadline = server.loop.now + server.handshakeTimeout
        super.init(server.loop)
        loop.schedule(self, at: deadline)
    }

    func belongs(to server: ServerCore) -> Bool {
        self.server === server
    }

    // MARK: Events of the stream

    override func received(_ bytes: UnsafeMutableRawBufferPointer) {
        switch phase {
        case .readingHead, .readingBody: unsafe take(UnsafeRawBufferPointer(bytes))
        case .answering, .deciding: unsafe unread.append(contentsOf: bytes)
        case .upgraded, .ending, .ended: break
        }
    }

    override func becameWritable() {
        switch phase {
        case .answering(let writer): writer.pump()
        case .ending: endInGoodOrder()
        case .readingHead, .readingBody, .deciding, .upgraded, .ended: break
        }
    }

    override func transportEnded() {
        if case .answering(let writer) = phase { writer.connectionEnded() }
        phase = .ended
        task?.cancel()
        task = nil
        unread = []
    }

    override func socketEnded() {
        server.socketEnded()
    }

    /// An answer that is under way may be finished; the server's deadline ends it otherwise.
    override func loopShutsDown() {
        switch phase {
        case .answering, .ending: break
        case .readingHead, .readingBody, .deciding, .upgraded, .ended: end()
        }
    }

    /// Whether a request is under way, or the first one is still to come.
    var isOwedAnswer: Bool {
        switch phase {
        case .readingHead: !hasAnswered || !parser.isEmpty
        case .readingBody, .answering, .deciding: true
        case .upgraded, .ending, .ended: false
        }
    }

    // MARK: Reading

    private var isReading: Bool {
        switch phase {
        case .readingHead, .readingBody: true
        case .answering, .deciding, .upgraded, .ending, .ended: false
        }
    }

    /// Takes requests as long as they are answered at once.
    private func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = unsafe bytes
        isTaking = true
        do throws(HTTPRefusal) {
            while unsafe !rest.isEmpty, isReading {
                guard let count = unsafe try takeRequest(rest) else { break }
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        } catch {
            refuse(error)
        }
        isTaking = false
        switch phase {
        case .readingHead, .readingBody: break
        case .upgraded(let handshake): open(handshake, early: unsafe Array(rest))
        case .answering, .deciding:
            unread = unsafe Array(rest)
            pauseReading()
            loop.schedule(self, at: loop.now + Self.watchInterval)
        case .ending, .ended: break
        }
    }

    /// - Returns: how much of what has come was taken; nil when all of it was, and more is needed.
    private func takeRequest(_ bytes: UnsafeRawBufferPointer) throws(HTTPRefusal) -> Int? {
        if case .readingBody(let head) = phase {
            deadline = min(bodyDeadline, loop.now + server.settings.stallTimeout)
            guard let count = unsafe try body?.feed(bytes) else { return nil }
            answer(head, body: body?.body ?? [])
            body = nil
            return count
        }
        guard let (head, count) = unsafe try parser.feed(bytes) else { return nil }
        parser = RequestParser(limits: server.headLimits)
        do throws(HTTPRefusal) {
            try begin(head, isBodyHere: count < bytes.count)
        } catch {
            refuse(error, isHead: head.isMethod("HEAD"))
        }
        return count
    }

    private func begin(_ head: RequestHead, isBodyHere: Bool) throws(HTTPRefusal) {
        if OpeningHandshake.isAskedFor(by: head) { return try upgrade(head) }
        let maximumBytes = server.configuration.maximumRequestBodyBytes
        let framing = try BodyFraming(head, maximumBytes: maximumBytes)
        let awaitsContinue = try Self.awaitsContinue(head)
        guard framing != .none else { return answer(head, body: []) }
        phase = .readingBody(head)
        body = BodyReader(framing, maximumBytes: maximumBytes)
        let now = loop.now
        bodyDeadline = server.settings.messageTimeout.map { now &+ $0 } ?? .max
        deadline = min(bodyDeadline, now + server.settings.stallTimeout)
        loop.schedule(self, at: deadline)
        if awaitsContinue, !isBodyHere { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    }

    /// Whether the client waits to be told that its body is wanted (RFC 9110 section 10.1.1).
    private static func awaitsContinue(_ head: RequestHead) throws(HTTPRefusal) -> Bool {
        guard head.isHTTP11, let expectation = head.fields.text("expect") else { return false }
        guard FieldSyntax.equals(expectation.utf8, lowercase: "100-continue") else {
            throw HTTPRefusal(status: .expectationFailed, body: "Nothing but \"100-continue\" can be expected.")
        }
        return true
    }

    /// Goes on with what came behind the request that was answered.
    private func readOn() {
        resumeReading()
        let bytes = unread
        unread = []
        unsafe bytes.withUnsafeBytes { unsafe take($0) }
    }

    // MARK: Answers

    /// Whose request it is.
    private func client(_ head: RequestHead) -> SocketAddress? {
        guard let find = server.configuration.clientAddress else { return remoteAddress }
        return find(remoteAddress) { head[$0] }
    }

    /// Has the handler answer. One that does not wait has answered when this returns.
    private func answer(_ head: RequestHead, body: [UInt8]) {
        let writer = HTTPResponseWriter(self, head, keepsConnection: head.keepsConnection && !server.isLeaving)
        phase = .answering(writer)
        let request = HTTPServerRequest(
            head,
            isSecure: tls != nil,
            body: body,
            remoteAddress: client(head),
            peerCertificate: tls?.peerCertificate
        )
        let handler = server.configuration.http
        let context = RequestTracing.context(request)
        let task = loop.startHandlerAtOnce {
            guard let context else { return await writer.respond(with: handler(request)) }
            await ServiceContext.withValue(context) { await writer.respond(with: handler(request)) }
        }
        if case .answering(let current) = phase, current === writer { self.task = task }
    }

    /// An answer begins.
    func beganAnswer(_ status: HTTPResponse.Status) {
        server.answered(status)
    }

    /// Everything of an answer has left.
    func answered(_ writer: HTTPResponseWriter, keepsConnection: Bool) {
        guard case .answering(let current) = phase, current === writer else { return }
        task = nil
        hasAnswered = true
        guard keepsConnection, !server.isStopping else { return endInGoodOrder() }
        phase = .readingHead
        deadline = loop.now + server.handshakeTimeout
        loop.schedule(self, at: deadline)
        if !isTaking { readOn() }
    }

    /// The peer is expected to take what was written.
    func outputWaits() {
        lastProgress = peerProgress
        deadline = loop.now + server.settings.stallTimeout
        loop.schedule(self, at: loop.now + Self.watchInterval)
    }

    /// Answers with a status and ends the connection behind that.
    private func refuse(_ refusal: HTTPRefusal, isHead: Bool = false) {
        if case .readingBody(let head) = phase { return refuseBody(refusal, of: head) }
        task?.cancel()
        task = nil
        phase = .ending
        unread = []
        server.answered(refusal.status)
        send(refusal.bytes(isHead: isHead))
        guard case .ending = phase else { return }
        if isHolding { outputWaits() } else { endInGoodOrder() }
    }

    private func refuseBody(_ refusal: HTTPRefusal, of head: RequestHead) {
        phase = .readingHead
        body = nil
        refuse(refusal, isHead: head.isMethod("HEAD"))
    }

    private func send(_ bytes: [UInt8]) {
        _ = unsafe bytes.withUnsafeBytes { unsafe write($0) }
    }

    private func endInGoodOrder() {
        phase = .ended
        finish()
    }

    /// Whether the client may become one that stays. Of a server that leaves, who was accepted before is still owed that by its
    /// first request; with a later one it would only come to be sent away.
    private var takesClientIn: Bool {
        !server.isStopping && !(server.hasStoppedListening && hasAnswered)
    }

    // MARK: Event streams

    /// The answer is a stream of events: from here on the socket is that.
    func openEventStream(head: [UInt8], _ onOpen: (EventStreamConnection) -> Void) {
        task = nil
        guard takesClientIn else { return refuse(Self.stopping) }
        guard server.openConnections < server.configuration.maximumConnections else { return refuse(Self.full) }
        phase = .ended
        // Nothing that the client sends behind the request is answered.
        unread = []
        guard !isEnding else { return }
        let stream = EventStreamCore(loop, settings: server.settings, owner: server)
        handOver(to: stream)
        server.answered(.ok)
        server.eventStreamOpened()
        stream.open(head: head)
        onOpen(EventStreamConnection(core: stream))
    }

    // MARK: Opening handshake

    private func upgrade(_ head: RequestHead) throws(HTTPRefusal) {
        guard takesClientIn else {
            throw Self.stopping
        }
        guard server.openConnections < server.configuration.maximumConnections else { throw Self.full }
        let exchange = try UpgradeExchange(
            head,
            remoteAddress: client(head),
            peerCertificate: tls?.peerCertificate,
            compresses: server.settings.compression != nil
        )
        try settle(exchange, server.configuration.handshake(exchange.request))
    }

    private static let stopping = HTTPRefusal(status: .serviceUnavailable, body: "The server shuts down.")
    private static let full = HTTPRefusal(
        status: .serviceUnavailable,
        headerFields: [.retryAfter: "5"],
        body: "The server is full."
    )

    private func settle(_ exchange: UpgradeExchange, _ response: HandshakeResponse) throws(HTTPRefusal) {
        if case .deferred(let decide) = response.content {
            phase = .deciding(exchange)
            let task = loop.startHandlerAtOnce { [self] in
                let response = await decide()
                if loop.isOnThread { decided(exchange, response) }
            }
            if case .deciding = phase { self.task = task }
            return
        }
        let (answer, handshake) = try exchange.answer(to: response, logger: loop.logger)
        phase = .upgraded(handshake)
        send(answer)
    }

    private func decided(_ exchange: UpgradeExchange, _ response: HandshakeResponse) {
        guard case .deciding = phase else { return }
        task = nil
        do throws(HTTPRefusal) {
            // Others may have come meanwhile.
            guard server.openConnections < server.configuration.maximumConnections else { throw Self.full }
            try settle(exchange, response)
        } catch {
            return refuse(error)
        }
        if !isTaking, case .upgraded(let handshake) = phase { open(handshake, early: unread) }
    }

    private func open(_ handshake: Handshake, early: [UInt8]) {
        phase = .ended
        unread = []
        // Writing the answer may have shown that the client has gone.
        guard !isEnding else { return }
        let connection = ConnectionCore(
            loop,
            role: .server,
            handshake: handshake,
            settings: server.settings,
            owner: server
        )
        handOver(to: connection)
        connection.open(early: early)
        server.connectionOpened(connection)
    }

    // MARK: Watching

    override func deadlinePassed(_ now: UInt64) -> UInt64? {
        switch phase {
        case .ended, .upgraded: return nil
        case .readingHead, .readingBody:
            guard now >= deadline else { return deadline }
            runOutOfTime()
            return nil
        case .deciding:
            if now >= deadline {
                refuse(HTTPRefusal(status: .serviceUnavailable, body: "The server takes too long to decide."))
                return nil
            }
            if hears(POLLHUP | POLLERR | Int32(clws_pollrdhup)) { return drop() }
        case .answering(let writer) where !writer.isWaitingForPeer:
            if hears(POLLHUP | POLLERR) { return drop() }
            // It has ended its side, and may still wait for the answer (RFC 9293 section 3.6). Or it has gone, which shows
            // only when something is written to it: hence for a while only.
            if hears(Int32(clws_pollrdhup)), isStalled(now) { return drop() }
        case .answering, .ending:
            if isStalled(now) { return drop() }
        }
        return now + Self.watchInterval
    }

    /// Whether the peer has taken nothing for as long as is waited for that.
    private func isStalled(_ now: UInt64) -> Bool {
        let progress = peerProgress
        if progress != lastProgress {
            lastProgress = progress
            deadline = now + server.settings.stallTimeout
        }
        return now >= deadline
    }

    private func drop() -> UInt64? {
        end()
        return nil
    }

    /// Who has begun a request is told why it gets no other answer (RFC 9110 section 15.5.9).
    private func runOutOfTime() {
        if case .readingHead = phase, parser.isEmpty { return end() }
        refuse(HTTPRefusal(status: .requestTimeout, body: "The request took too long."))
    }

    /// Whether the socket tells one of these, which nobody hears of while nothing is read.
    private func hears(_ events: Int32) -> Bool {
        guard let wsi = unsafe wsi else { return true }
        var poll = unsafe pollfd(fd: lws_get_socket_fd(wsi), events: Int16(events), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 0) > 0 && Int32(poll.revents) & events != 0
    }
}
