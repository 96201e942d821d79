import LWSSwift

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

/// Sends every message back.
@Sendable
func echo(_ connection: LoopConnection) {
    connection.onMessage { message in connection.trySend(message) }
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

extension WebSocketServer {
    /// Where a client connects to.
    var url: String { "ws://127.0.0.1:\(port ?? 0)/" }
}
