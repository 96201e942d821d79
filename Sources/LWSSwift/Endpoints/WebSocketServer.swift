public import HTTPTypes
internal import Logging

/// A WebSocket server (RFC 6455) on a service loop.
///
/// There are two ways to serve. The easy path runs an async handler for each connection, on the loop; leaving it performs
/// the closing handshake:
///
/// ```swift
/// try await WebSocketServer.run(.init(host: "localhost", port: 8088)) { connection in
///     for try await message in connection.messages { try await connection.send(message) }
/// }
/// ```
///
/// The fast path calls closures on the loop, without a task for each connection:
///
/// ```swift
/// let server = try await WebSocketServer.start(.init(port: 0)) { connection in
///     connection.onMessage { message in
///         if connection.trySend(message) == .dropped { connection.close(code: .policyViolation, reason: "too slow") }
///     }
/// }
/// …
/// await server.shutdown()
/// ```
public final class WebSocketServer: Sendable {
    /// Where to listen.
    public enum Endpoint: Sendable, Hashable {
        /// A host name or address, and a port; 0 lets the system choose one. A name is listened to at all its addresses:
        /// `localhost` is 127.0.0.1 and, where there is IPv6, ::1. `::` takes IPv4 too.
        case tcp(host: String, port: Int)
        /// The path of a Unix-domain socket. A path left over from a server that was killed is replaced.
        case unix(path: String)
        /// Sockets that listen already, such as those that systemd passes on (sd_listen_fds(3)). From the call of `start` on
        /// the server owns the descriptors, also when that fails, and closes them in the end. It does not end the listening
        /// of others who have the sockets too, and leaves the path of a Unix-domain socket where it is.
        case listening(descriptors: [Int32])
    }

    /// Settings of a server.
    public struct Configuration: Sendable {
        /// Where to listen.
        public var endpoint: Endpoint
        /// The bounds of each connection.
        public var limits = ConnectionLimits()
        /// Compression of messages, with clients that offer it; nil for none. Default: on, which costs an idle connection
        /// nothing. ``Handshake/compression`` tells whether a connection has it.
        public var compression: WebSocketCompression? = WebSocketCompression()
        /// How many connections may be open; a further handshake is answered with 503. Default: 100,000, beneath which the
        /// descriptors of the process usually run out first.
        public var maximumConnections = 100_000
        /// The most header fields of a request, a repeated one counted as often as it comes; more are answered with 431, and
        /// so is a head beyond ``ServiceLoop/Configuration/maximumHeaderBytes``. Default: 64.
        public var maximumHeaderFields = 64
        /// The largest body of a plain HTTP request, in bytes; a larger one is answered with 413. Default: 1 MiB.
        public var maximumRequestBodyBytes = 1 << 20
        /// Connections that the system completes before they are accepted; it takes at most `net.core.somaxconn`, usually
        /// 4,096. Of sockets that listen already it stays as it is.
        public var backlog = 4_096
        /// How fast connections are accepted at first; nil for as fast as they come.
        public var acceptPace: AcceptPace?
        /// Decides about sockets as they are accepted; nil for all that there is room for.
        public var gate: SocketGate?
        /// Connections of proxies that begin with the address that they come from; nil for none.
        public var proxyProtocol: ProxyProtocol?
        /// Says whose request one is that a proxy may have passed on, by its peer's address and its header fields, of which a
        /// repeated one has its values joined with commas: this is the ``HandshakeRequest/remoteAddress`` and
        /// ``HTTPServerRequest/remoteAddress`` then. Called on the loop for each request; nil for the peer's own.
        ///
        /// Fields are to be believed only of peers that set them themselves.
        public var clientAddress:
            (@Sendable (_ peer: SocketAddress?, _ field: (HTTPField.Name) -> String?) -> SocketAddress?)?
        /// TLS; nil for none.
        public var tls: TLSServerConfiguration?
        /// Decides on each opening handshake, on the loop: it must not block, but may put the decision off with
        /// ``HandshakeResponse/deferred(_:)``. Default: accepts all, without subprotocol.
        public var handshake: @Sendable (HandshakeRequest) -> HandshakeResponse = { _ in .accept() }
        /// Answers plain HTTP requests on the same port, in a task on the loop. Requests of one client come one after another.
        /// It runs in the `ServiceContext` that the instrument of the program, if there is one, reads out of the request.
        /// Default: 426, "use a WebSocket client".
        public var http: @Sendable (HTTPServerRequest) async -> HTTPServerResponse = { _ in
            HTTPServerResponse(
                status: .upgradeRequired,
                headerFields: [.upgrade: "websocket", .secWebSocketVersion: "13"],
                text: "This is a WebSocket server: connect with a WebSocket client.\n"
            )
        }
        /// The permission bits of the file of a Unix-domain socket, which it has from the first moment on, such as `0o600`;
        /// the process' file mode creation mask takes bits away. nil, the default, leaves all to that mask.
        public var unixSocketPermissions: UInt16?
        /// How long ``WebSocketServer/shutdown(deadline:)`` waits for peers to answer the close frame. Default: 5 seconds.
        public var shutdownDeadline: Duration = .seconds(5)

        /// A server at a host and port.
        public init(host: String = "localhost", port: Int = 8088) {
            endpoint = .tcp(host: host, port: port)
        }

        /// A server at a Unix-domain socket.
        public init(unixSocketPath: String) {
            endpoint = .unix(path: unixSocketPath)
        }
    }

    /// The loops the server and its connections live on; the first one accepts.
    public let loops: [ServiceLoop]
    /// The loop of a server that has one; the first one of a server that has several.
    public var loop: ServiceLoop { loops[0] }
    /// The addresses the server listens at, with their real ports.
    public let addresses: [SocketAddress]
    /// One for each loop.
    let cores: [ServerCore]
    private let tls: TLSContextSlot?
    private let ownsLoop: Bool

    private init(cores: [ServerCore], addresses: [SocketAddress], tls: TLSContextSlot?, ownsLoop: Bool) {
        self.cores = cores
        self.tls = tls
        loops = cores.map(\.loop)
        self.addresses = addresses
        self.ownsLoop = ownsLoop
    }

    /// The port the server listens at; nil for a Unix-domain socket.
    public var port: Int? { addresses.first?.port }

    /// How many connections are open or closing.
    public var connectionCount: Int { cores[0].openConnections }

    /// The connections that open from now on. A reader that falls more than 1,024 behind misses the oldest; one that is
    /// dropped is forgotten. Ends when the server stops.
    public var connections: AsyncStream<WebSocketConnection> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: WebSocketConnection.self,
            bufferingPolicy: .bufferingNewest(1_024)
        )
        let cores = cores
        let ticket = Ticket()
        continuation.onAbandonment {
            for core in cores { core.loop.execute { core.forgetObserver(ticket) } }
        }
        for core in cores where !core.loop.submit(.closure { core.observe(continuation, ticket) }) {
            continuation.finish()
        }
        return stream
    }

    /// Starts a server whose connections are served by closures.
    ///
    /// - Parameters:
    ///   - configuration: where to listen and under which bounds.
    ///   - loop: the loop to run on; nil for one of its own, which ends with the server.
    ///   - onConnection: called on the loop for each connection that opens, before anything is read from it: the place to
    ///     set its closures. It must not block.
    /// - Throws: ``WebSocketError/Code/addressInUse`` and its kin when it cannot listen, ``WebSocketError/Code/tls`` when a
    ///   certificate or key cannot be used, ``WebSocketError/Code/invalidConfiguration``.
    public static func start(
        _ configuration: Configuration,
        on loop: ServiceLoop? = nil,
        onConnection: @escaping @Sendable (LoopConnection) -> Void
    ) async throws(WebSocketError) -> WebSocketServer {
        if let loop { return try await start(configuration, on: [loop], onConnection: onConnection) }
        let loop = try await ServiceLoop.start()
        do throws(WebSocketError) {
            return try await start(configuration, on: [loop], ownsLoop: true, onConnection: onConnection)
        } catch {
            await loop.shutdown()
            throw error
        }
    }

    /// Starts a server whose connections are spread over several loops, to use several cores.
    ///
    /// The first loop accepts, and hands each connection to the loop that has fewest; there it stays.
    ///
    /// - Parameters:
    ///   - configuration: where to listen and under which bounds.
    ///   - loops: at least one.
    ///   - onConnection: as with one loop, called on the connection's loop: on several threads at once.
    /// - Throws: as with one loop.
    public static func start(
        _ configuration: Configuration,
        on loops: [ServiceLoop],
        onConnection: @escaping @Sendable (LoopConnection) -> Void
    ) async throws(WebSocketError) -> WebSocketServer {
        try await start(configuration, on: loops, ownsLoop: false, onConnection: onConnection)
    }

    private static func start(
        _ configuration: Configuration,
        on loops: [ServiceLoop],
        ownsLoop: Bool,
        onConnection: @escaping @Sendable (LoopConnection) -> Void
    ) async throws(WebSocketError) -> WebSocketServer {
        let tls: TLSContextSlot?
        do throws(WebSocketError) {
            guard !loops.isEmpty else { throw WebSocketError(.invalidConfiguration, "A server needs a loop.") }
            try configuration.validate()
            tls = try await makeTLS(configuration)
        } catch {
            if case .listening(let descriptors) = configuration.endpoint { ListeningSocket.close(descriptors) }
            throw error
        }
        let sockets = try await openSockets(configuration)
        let load = ServerLoad()
        let cores = loops.map { ServerCore($0, configuration, load, tls: tls, onConnection: onConnection) }
        let server = WebSocketServer(cores: cores, addresses: sockets.map(\.address), tls: tls, ownsLoop: ownsLoop)
        server.logNotice(of: tls?.current)
        do throws(WebSocketError) {
            // The one that accepts comes last: by then the others can take what it hands them.
            for core in cores.dropFirst() { try await core.loop.run { core.start() }.get() }
            let others = Array(cores.dropFirst())
            try await cores[0].loop.run { cores[0].start(sockets, others: others) }.get()
        } catch {
            // Those that lws has are closed by it, when the server has stopped.
            for socket in sockets { socket.close() }
            await server.stop()
            throw error
        }
        return server
    }

    /// Reads files.
    @concurrent
    private static func makeTLS(_ configuration: Configuration) async throws(WebSocketError) -> TLSContextSlot? {
        guard let tls = configuration.tls else { return nil }
        return TLSContextSlot(try TLSContext.server(tls))
    }

    /// Has new connections get another TLS configuration, such as a certificate that was renewed; those that exist keep
    /// theirs. Sessions go on resuming, unless other client certificates are asked for than before.
    ///
    /// Reads the files on a thread of the global pool. May be called anywhere and at any time; of two calls at once either
    /// may come last.
    ///
    /// - Throws: ``WebSocketError/Code/tls`` when a certificate or key cannot be used: the one before stays in use then.
    ///   ``WebSocketError/Code/invalidConfiguration`` when the server has been started without TLS.
    @concurrent
    public func replaceTLS(_ configuration: TLSServerConfiguration) async throws(WebSocketError) {
        guard let tls else {
            throw WebSocketError(.invalidConfiguration, "The server was started without TLS, and goes on without.")
        }
        logNotice(of: try tls.replace(configuration))
    }

    private func logNotice(of context: TLSContext?) {
        if let notice = context?.notice { loop.logger.warning("\(notice)") }
    }

    /// Opening sockets resolves names, which may block.
    @concurrent
    private static func openSockets(
        _ configuration: Configuration
    ) async throws(WebSocketError) -> [ListeningSocket] {
        let sockets = try ListeningSocket.open(
            configuration.endpoint,
            backlog: Int32(clamping: configuration.backlog),
            permissions: configuration.unixSocketPermissions
        )
        if let socket = sockets.first {
            DescriptorTable.makeRoom(for: configuration.maximumConnections, like: socket.descriptor)
        }
        return sockets
    }

    /// Runs a server until the task is cancelled or the server is shut down, with a handler for each connection.
    ///
    /// Each handler is a task on the loop, which is cancelled when its connection has ended; when it returns, the connection
    /// is closed with 1000, when it throws, with 1011, unless it is closed already. An idle connection with a handler costs
    /// about 4 KiB more than one with closures: the task.
    ///
    /// Returns when the server has stopped and the last handler has returned, so that nothing that a handler uses may go
    /// before it: one that takes no notice of its cancellation is waited for as long as it takes.
    ///
    /// - Parameters:
    ///   - configuration: where to listen and under which bounds.
    ///   - loop: the loop to run on; nil for one of its own.
    ///   - onListening: called once the server listens; its ``port`` is known then.
    ///   - handler: serves one connection. What it throws is logged at debug level.
    /// - Throws: as ``start(_:on:onConnection:)-(_,ServiceLoop?,_)``. Cancelling the task is no error: it shuts the server
    ///   down in good order.
    public static func run(
        _ configuration: Configuration,
        on loop: ServiceLoop? = nil,
        onListening: @Sendable (WebSocketServer) -> Void = { _ in },
        handler: @escaping @Sendable (WebSocketConnection) async throws -> Void
    ) async throws(WebSocketError) {
        let handlers = HandlerTasks()
        let server = try await start(configuration, on: loop) { connection in
            serve(connection, countedBy: handlers, handler)
        }
        onListening(server)
        await withTaskCancellationHandler {
            await server.waitUntilStopped()
        } onCancel: {
            server.beginShutdown()
        }
        await handlers.waitUntilEmpty()
        await server.shutdown()
    }

    /// The handlers are no task group, because each is cancelled for itself, when its connection has ended.
    private static func serve(
        _ confined: LoopConnection,
        countedBy handlers: HandlerTasks,
        _ handler: @escaping @Sendable (WebSocketConnection) async throws -> Void
    ) {
        let connection = confined.connection
        let logger = connection.loop.logger
        handlers.add()
        let task = connection.loop.startHandler {
            defer { handlers.remove() }
            do {
                try await handler(connection)
                await connection.close()
            } catch {
                logger.debug("the handler of connection \(connection.id) ended with an error: \(error)")
                await connection.close(code: .internalError)
            }
        }
        // What the handler waits for besides the connection must not keep it for ever.
        confined.onClose { _ in task.cancel() }
    }

    /// Waits until the server has stopped: nothing of it is left on the loop.
    public func waitUntilStopped() async {
        for core in cores {
            await WaitingTask.wait { task in
                if !core.loop.submit(.closure { core.addStopWaiter(task) }) { task.finish(()) }
            }
        }
    }

    /// Stops accepting, closes every connection with 1001, and returns when all have ended.
    ///
    /// Peers have until the deadline to answer the close frame; then they are cut. Calling it again waits for the same
    /// end. A loop that the server made for itself is shut down too.
    ///
    /// - Parameter deadline: nil for ``Configuration/shutdownDeadline``.
    public func shutdown(deadline: Duration? = nil) async {
        await stop(deadline: deadline)
        if ownsLoop { await loop.shutdown() }
    }

    private func stop(deadline: Duration? = nil) async {
        beginShutdown(deadline: deadline)
        await waitUntilStopped()
    }

    private func beginShutdown(deadline: Duration? = nil) {
        for core in cores {
            core.loop.execute { core.beginShutdown(deadline: deadline) }
        }
    }
}

extension WebSocketServer.Configuration {
    func validate() throws(WebSocketError) {
        try limits.validate()
        try compression?.validate()
        try SettingRules.require(
            1...Int(Int32.max) ~= maximumConnections,
            "maximumConnections must be from 1 to \(Int32.max)."
        )
        try SettingRules.require(maximumHeaderFields > 0, "maximumHeaderFields must be positive.")
        try SettingRules.require(maximumRequestBodyBytes >= 0, "maximumRequestBodyBytes must not be negative.")
        try SettingRules.require(backlog > 0, "backlog must be positive.")
        try SettingRules.requireNotNegative(shutdownDeadline, "shutdownDeadline")
    }
}
