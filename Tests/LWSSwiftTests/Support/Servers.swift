import LWSSwift
import TestSupport
import Testing

extension ConnectionLimits {
    /// Nothing runs out of time, for as long as ``RawPeer/patience`` lasts, but what a test sets itself: beside other tests
    /// a peer may be kept from the processor for longer than the times that suit a program.
    static var patient: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.keepalive = nil
        limits.closeTimeout = .seconds(RawPeer.patience)
        limits.handshakeTimeout = .seconds(RawPeer.patience)
        return limits
    }
}

extension WebSocketClient.Configuration {
    /// With the limits of ``ConnectionLimits/patient``.
    static var patient: WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration()
        configuration.limits = .patient
        return configuration
    }
}

/// Runs `body` with a server on a free port of 127.0.0.1, and shuts it down afterwards, however `body` ends.
///
/// - Parameters:
///   - configure: changes the server's settings.
///   - onConnection: serves each connection with closures, on the loop; sends every message back if not given.
func withServer<Result>(
    on loop: ServiceLoop? = nil,
    _ configure: (inout WebSocketServer.Configuration) -> Void = { _ in },
    onConnection: @escaping @Sendable (LoopConnection) -> Void = echo,
    _ body: (WebSocketServer) async throws -> Result
) async throws -> Result {
    var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
    configuration.limits = .patient
    configure(&configuration)
    let server = try await WebSocketServer.start(configuration, on: loop, onConnection: onConnection)
    do {
        let result = try await body(server)
        await server.shutdown(deadline: .zero)
        return result
    } catch {
        await server.shutdown(deadline: .zero)
        throw error
    }
}

/// Sends every message back, to a client that reads what it gets.
@Sendable
func echo(_ connection: LoopConnection) {
    connection.onMessage { message in
        if connection.trySend(message) == .dropped { connection.close(code: .policyViolation, reason: "too slow") }
    }
}

/// Runs `body` with a loop that is shut down afterwards, however `body` ends.
func withLoop<Result>(
    _ configuration: ServiceLoop.Configuration = .init(),
    _ body: (ServiceLoop) async throws -> Result
) async throws -> Result {
    let loop = try await ServiceLoop.start(configuration)
    do {
        let result = try await body(loop)
        await loop.shutdown()
        return result
    } catch {
        await loop.shutdown()
        throw error
    }
}

/// Runs `body` with both ends of a connection, the server's and the client's, each on a loop of its own.
func withBothEnds(
    _ body: (_ server: WebSocketConnection, _ client: WebSocketConnection) async throws -> Void
) async throws {
    let accepted = Watched<WebSocketConnection?>(nil)
    let onConnection: @Sendable (LoopConnection) -> Void = { connection in
        let handle = connection.connection
        accepted.update { $0 = handle }
    }
    try await withServer(onConnection: onConnection) { server in
        try await withLoop { loop in
            let client = try await WebSocketClient.connect(to: server.url, .patient, on: loop)
            try await accepted.wait { $0 != nil }
            try await body(accepted.value!, client)
        }
    }
}

/// Runs `body` with a client and, as its server, a raw peer.
func withRawServer(
    _ configuration: WebSocketClient.Configuration = .patient,
    _ body: (_ client: WebSocketConnection, _ server: RawPeer) async throws -> Void
) async throws {
    let listener = try RawListener()
    let peer = Task { try await listener.acceptUpgraded() }
    try await withLoop { loop in
        let client = try await WebSocketClient.connect(to: listener.url, configuration, on: loop)
        try await body(client, try await peer.value)
    }
}

extension WebSocketServer {
    /// Where a client connects to.
    var url: String { "ws://127.0.0.1:\(port ?? 0)/" }
}
