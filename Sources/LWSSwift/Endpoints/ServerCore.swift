internal import CLibWebSockets
internal import Glibc
internal import Synchronization

/// A server on its loop: its listening sockets, its vhost, and how many connections it has.
///
/// Reason for the unchecked conformance: confined to the loop's thread but for the atomic count and what is immutable.
@safe
final class ServerCore: ConnectionOwner, @unchecked Sendable {
    let loop: ServiceLoop
    let configuration: WebSocketServer.Configuration
    let settings: ConnectionSettings
    let handshakeTimeout: UInt64
    private let onConnection: @Sendable (LoopConnection) -> Void
    private let count = Atomic<Int>(0)

    // MARK: Confined to the loop's thread

    private var vhost: OpaquePointer?
    private(set) var isStopping = false
    private var listeners: [Listener] = []
    /// Accepted sockets that lws still has, in whatever state.
    private var socketCount = 0
    private var observers: [AsyncStream<WebSocketConnection>.Continuation] = []
    private var cutTimer: LoopTimer?
    private var stopWaiters: [WaitingTask<Void>] = []

    /// Sockets in the opening handshake, or speaking plain HTTP, beyond the limit of open connections.
    private static let handshakeAllowance = 1_024

    init(
        _ loop: ServiceLoop,
        _ configuration: WebSocketServer.Configuration,
        onConnection: @escaping @Sendable (LoopConnection) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.onConnection = onConnection
        settings = ConnectionSettings(
            limits: configuration.limits,
            compression: configuration.compression,
            logger: loop.logger
        )
        handshakeTimeout = configuration.limits.handshakeTimeout.milliseconds
    }

    /// Connections that are open or closing; may be read on any thread.
    var openConnections: Int { count.load(ordering: .relaxed) }

    func start(_ sockets: [ListeningSocket.Bound]) -> Result<Void, WebSocketError> {
        guard !loop.isShuttingDown else {
            ListeningSocket.close(sockets)
            return .failure(.loopStopped)
        }
        do throws(WebSocketError) {
            let vhost = unsafe try loop.makeServerVhost(tls: configuration.tls)
            unsafe self.vhost = unsafe vhost
            loop.servers.append(self)
            for (index, socket) in sockets.enumerated() {
                do throws(WebSocketError) {
                    listeners.append(try unsafe Listener(self, socket, vhost: vhost))
                } catch {
                    ListeningSocket.close(Array(sockets[(index + 1)...]))
                    stop()
                    throw error
                }
            }
            return .success(())
        } catch {
            if unsafe vhost == nil { ListeningSocket.close(sockets) }
            return .failure(error)
        }
    }

    func accepted(_ descriptor: Int32, from address: SocketAddress?) {
        guard let vhost = unsafe vhost, !isStopping,
            socketCount < configuration.maximumConnections + Self.handshakeAllowance
        else {
            Glibc.close(descriptor)
            return
        }
        if address?.port != nil { SystemSocket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        guard let wsi = unsafe lws_adopt_socket_vhost(vhost, descriptor) else { return }
        socketCount += 1
        let exchange = HTTPExchange(self, remoteAddress: address)
        unsafe exchange.attach(wsi)
    }

    func connectionOpened(_ core: ConnectionCore) {
        count.add(1, ordering: .relaxed)
        let connection = LoopConnection(core: core)
        for observer in observers { observer.yield(connection.connection) }
        onConnection(connection)
    }

    func connectionEnded() {
        count.subtract(1, ordering: .relaxed)
    }

    func socketEnded() {
        socketCount -= 1
        finishStopping()
    }

    func listenerEnded(_ listener: Listener) {
        listeners.removeAll { $0 === listener }
        finishStopping()
    }

    func observe(_ continuation: AsyncStream<WebSocketConnection>.Continuation) {
        if isStopping {
            continuation.finish()
        } else {
            observers.append(continuation)
        }
    }

    // MARK: Stopping

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
        for observer in observers { observer.finish() }
        observers = []
        forEachSocket { connection in
            connection.loopShutsDown()
        } exchange: { exchange in
            exchange.loopShutsDown()
        }
        finishStopping()
    }

    /// Ends what the peers have not ended by now.
    private func cut() {
        forEachSocket { connection in
            connection.cut()
        } exchange: { exchange in
            exchange.kill()
        }
    }

    private func forEachSocket(_ connection: (ConnectionCore) -> Void, exchange: (HTTPExchange) -> Void) {
        for socket in loop.sockets.all {
            switch socket {
            case let socket as ConnectionCore where socket.settings === settings: connection(socket)
            case let socket as HTTPExchange where socket.belongs(to: self): exchange(socket)
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
