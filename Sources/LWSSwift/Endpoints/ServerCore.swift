internal import CLibWebSockets
internal import Glibc
internal import HTTPTypes
internal import Synchronization

/// A server on one of its loops: its vhost and how many connections it has there; on the first loop, its listening sockets.
///
/// Accepted sockets go to the loop that has fewest. Reason for the unchecked conformance: confined to the loop's thread but for the atomic count and what is immutable.
@safe
final class ServerCore: ConnectionOwner, @unchecked Sendable {
    let loop: ServiceLoop
    let configuration: WebSocketServer.Configuration
    let settings: ConnectionSettings
    let headLimits: RequestParser.Limits
    let handshakeTimeout: UInt64
    private let onConnection: @Sendable (LoopConnection) -> Void
    /// Connections of the whole server.
    private let load: ServerLoad
    /// What the sockets accepted from now on are encrypted with; nil without TLS.
    private let tls: TLSContextSlot?
    /// Sockets that are here or on their way, whatever their state.
    private let assignedSockets = Atomic<Int>(0)

    // MARK: Confined to the loop's thread

    private var vhost: OpaquePointer?
    private(set) var isStopping = false
    private var listeners: [Listener] = []
    /// Nobody is accepted any more.
    private(set) var hasStoppedListening = false
    /// How fast connections are accepted; nil for as fast as they come.
    private var pacer: AcceptPacer?
    /// The server's parts on other loops, for the part that accepts.
    private var others: [ServerCore] = []
    /// Accepted sockets that lws still has, in whatever state.
    private var socketCount = 0
    private(set) var figures = ServerFigures()
    private(set) var observers = StreamObservers<WebSocketConnection>()
    private var cutTimer: LoopTimer?
    private var stopWaiters: [WaitingTask<Void>] = []

    /// Sockets in the opening handshake, or speaking plain HTTP, beyond the limit of open connections.
    private static let handshakeAllowance = 1_024

    init(
        _ loop: ServiceLoop,
        _ configuration: WebSocketServer.Configuration,
        _ load: ServerLoad,
        tls: TLSContextSlot?,
        onConnection: @escaping @Sendable (LoopConnection) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.load = load
        self.tls = tls
        self.onConnection = onConnection
        settings = ConnectionSettings(
            limits: configuration.limits,
            compression: configuration.compression,
            logger: loop.logger
        )
        headLimits = RequestParser.Limits(
            maximumBytes: max(loop.configuration.maximumHeaderBytes, 1),
            maximumFields: configuration.maximumHeaderFields
        )
        handshakeTimeout = configuration.limits.handshakeTimeout.milliseconds
    }

    /// Connections of the whole server that are open or closing; may be read on any thread.
    var openConnections: Int { load.openConnections }

    /// Makes the vhost, and listens. After a failure it is to be shut down.
    ///
    /// - Parameter others: the parts that have started on other loops, which get their share of what is accepted here.
    func start(
        _ sockets: [ListeningSocket] = [],
        others: [ServerCore] = []
    ) -> Result<Void, WebSocketError> {
        self.others = others
        guard !loop.isShuttingDown else { return .failure(.loopStopped) }
        do throws(WebSocketError) {
            let vhost = unsafe try loop.makeVhost()
            unsafe self.vhost = unsafe vhost
            loop.servers.append(self)
            if !sockets.isEmpty { pacer = configuration.acceptPace.map { AcceptPacer($0, now: loop.now) } }
            for socket in sockets { listeners.append(try unsafe Listener(self, socket, vhost: vhost)) }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// When the next connection may be accepted; nil for now.
    var restOfPace: UInt64? {
        guard let pacer else { return nil }
        guard pacer.hasEnded(loop.now) else { return pacer.rest(loop.now) }
        self.pacer = nil
        return nil
    }

    /// A connection was accepted.
    func noteAccept() {
        pacer?.note(loop.now)
    }

    /// Takes an accepted socket, or hands it to the loop that has fewest.
    func accepted(_ descriptor: Int32, from address: SocketAddress?) {
        // Whose a proxy's is, is not known before its header has come.
        let proxy = configuration.proxyProtocol.flatMap { $0.isExpected(address) ? $0 : nil }
        var admission: SocketAdmission?
        if proxy == nil, let gate = configuration.gate {
            admission = SocketAdmission(gate, address)
            guard admission != nil else {
                Glibc.close(descriptor)
                return
            }
        }
        var target = self
        var fewest = assignedSockets.load(ordering: .relaxed)
        for other in others {
            let count = other.assignedSockets.load(ordering: .relaxed)
            if count < fewest { (target, fewest) = (other, count) }
        }
        target.assignedSockets.add(1, ordering: .relaxed)
        if target !== self {
            if target.loop.submit(
                .closure { [target, admission] in target.adopt(descriptor, from: address, admission, proxy) }
            ) {
                return
            }
            // That loop has ended.
            target.assignedSockets.subtract(1, ordering: .relaxed)
            assignedSockets.add(1, ordering: .relaxed)
        }
        adopt(descriptor, from: address, admission, proxy)
    }

    private func adopt(
        _ descriptor: Int32,
        from address: SocketAddress?,
        _ admission: SocketAdmission?,
        _ proxy: ProxyProtocol?
    ) {
        guard let vhost = unsafe vhost, !isStopping,
            socketCount < configuration.maximumConnections + Self.handshakeAllowance
        else {
            assignedSockets.subtract(1, ordering: .relaxed)
            Glibc.close(descriptor)
            return
        }
        if address?.port != nil { SystemSocket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        var socket = lws_sock_file_fd_type()
        unsafe socket.sockfd = descriptor
        let name = unsafe ProtocolTable.baseName
        guard let wsi = unsafe lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_SOCKET, socket, name, nil) else {
            assignedSockets.subtract(1, ordering: .relaxed)
            return
        }
        socketCount += 1
        figures.accepted += 1
        if let proxy {
            unsafe ProxyHeaderSocket(self, proxy, from: address).attach(wsi)
        } else {
            let connection = HTTPServerConnection(self, remoteAddress: address)
            connection.admission = admission
            unsafe connection.attach(wsi)
            if let tls { connection.secure(tls.current) }
        }
    }

    /// Serves a socket whose PROXY header has come.
    ///
    /// - Returns: what stands behind it now; nil when it is not admitted.
    func takeOver(_ socket: ProxyHeaderSocket, from address: SocketAddress?) -> HTTPServerConnection? {
        guard !isStopping else { return nil }
        if let gate = configuration.gate {
            guard let admission = SocketAdmission(gate, address) else { return nil }
            socket.admission = admission
        }
        let connection = HTTPServerConnection(self, remoteAddress: address)
        socket.handOver(to: connection)
        if let tls { connection.secure(tls.current) }
        return connection
    }

    func connectionOpened(_ core: ConnectionCore) {
        load.connectionOpened()
        figures.connections += 1
        let connection = LoopConnection(core: core)
        observers.yield(connection.connection)
        onConnection(connection)
    }

    func eventStreamOpened() {
        load.connectionOpened()
        figures.eventStreams += 1
    }

    func answered(_ status: HTTPResponse.Status) {
        figures.responses[status.code / 100, default: 0] += 1
    }

    func connectionEnded(_ close: WebSocketClose) {
        load.connectionEnded()
        figures.closings[ServerFigures.Closing(close), default: 0] += 1
    }

    func eventStreamEnded(_ end: EventStreamConnection.End) {
        load.connectionEnded()
        figures.eventStreamEnds[end, default: 0] += 1
    }

    func socketEnded() {
        socketCount -= 1
        assignedSockets.subtract(1, ordering: .relaxed)
        finishStopping()
    }

    func listenerEnded(_ listener: Listener) {
        listeners.removeAll { $0 === listener }
        finishStopping()
    }

    func observe(_ continuation: AsyncStream<WebSocketConnection>.Continuation, _ ticket: Ticket) {
        if isStopping {
            continuation.finish()
        } else {
            observers.add(continuation, ticket)
        }
    }

    /// The reader of the connections has gone.
    func forgetObserver(_ ticket: Ticket) {
        observers.remove(ticket)
    }

    // MARK: Stopping

    /// Whether clients had better go elsewhere with what else they want.
    var isLeaving: Bool { isStopping || hasStoppedListening }

    /// Other descriptors for the listening sockets, which the caller owns.
    func copySockets() -> Result<[Int32], WebSocketError> {
        var copies: [Int32] = []
        do throws(WebSocketError) {
            for listener in listeners { copies.append(try listener.copySocket()) }
            return .success(copies)
        } catch {
            for copy in copies { Glibc.close(copy) }
            return .failure(error)
        }
    }

    /// Accepts nobody any more.
    ///
    /// - Parameter areLeft: somebody else has the listening sockets, and goes on with them.
    func stopListening(areLeft: Bool) {
        hasStoppedListening = true
        for listener in listeners { listener.stop(isLeft: areLeft) }
    }

    /// Whether some have been accepted and had no answer yet.
    var owesAnswers: Bool {
        loop.sockets.all.contains { socket in
            switch socket {
            case let socket as HTTPServerConnection: socket.belongs(to: self) && socket.isOwedAnswer
            case let socket as ProxyHeaderSocket: socket.belongs(to: self)
            default: false
            }
        }
    }

    /// WebSocket connections and event streams that are open.
    var subscribers: [BroadcastSubscriber] {
        var all: [BroadcastSubscriber] = []
        forEachSocket { socket in
            guard let subscriber = socket as? Subscriber, subscriber.isOpen else { return }
            all.append(BroadcastSubscriber(core: subscriber))
        }
        return all
    }

    /// Stops, and cuts after the deadline what the peers have not ended by then.
    func beginShutdown(deadline: Duration? = nil) {
        stop()
        guard !hasStopped else { return }
        cutTimer?.cancel()
        cutTimer = LoopTimer(loop, milliseconds: (deadline ?? configuration.shutdownDeadline).milliseconds) {
            self.cut()
        }
    }

    /// Stops accepting and closes every connection with 1001.
    func stop() {
        guard !isStopping else { return }
        isStopping = true
        for listener in listeners { listener.stop() }
        observers.finish()
        forEachSocket { $0.loopShutsDown() }
        finishStopping()
    }

    /// Ends what the peers have not ended by now.
    private func cut() {
        forEachSocket { $0.end() }
    }

    private func forEachSocket(_ body: (StreamSocket) -> Void) {
        for socket in loop.sockets.all {
            switch socket {
            case let socket as ConnectionCore where socket.settings === settings: body(socket)
            case let socket as EventStreamCore where socket.settings === settings: body(socket)
            case let socket as HTTPServerConnection where socket.belongs(to: self): body(socket)
            case let socket as ProxyHeaderSocket where socket.belongs(to: self): body(socket)
            default: break
            }
        }
    }

    func addStopWaiter(_ waiter: WaitingTask<Void>) {
        if hasStopped {
            waiter.finish(())
        } else {
            stopWaiters.append(waiter)
        }
    }

    private var hasStopped: Bool { unsafe isStopping && vhost == nil }

    /// Whoever waits may listen on the same port at once, so the listening sockets must have gone too.
    private func finishStopping() {
        guard isStopping, socketCount == 0, listeners.isEmpty, let vhost = unsafe vhost else { return }
        unsafe self.vhost = nil
        cutTimer?.cancel()
        cutTimer = nil
        loop.servers.removeAll { $0 === self }
        // Not within the callback of a socket of this vhost.
        let pointer = unsafe LoopPointer(vhost)
        loop.execute { unsafe lws_vhost_destroy(pointer.value) }
        let waiters = stopWaiters
        stopWaiters = []
        for waiter in waiters { waiter.finish(()) }
    }
}
