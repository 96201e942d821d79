import LWSSwift
import Logging

/// The chat server: a room behind a listening WebSocket server, on a service loop of its own.
struct ChatServer: Sendable {
    private let server: WebSocketServer
    private let loop: ServiceLoop
    /// Where clients connect to.
    let url: String

    /// Starts listening.
    static func start(host: String, port: Int, logger: Logger) async throws(Failure) -> ChatServer {
        do throws(WebSocketError) {
            let loop = try await ServiceLoop.start(.init(name: "chat-loop", logger: logger))
            do throws(WebSocketError) {
                return try await start(host: host, port: port, on: loop, logger: logger)
            } catch {
                await loop.shutdown()
                throw error
            }
        } catch {
            throw Failure(error, listeningAt: host, port: port)
        }
    }

    private static func start(
        host: String,
        port: Int,
        on loop: ServiceLoop,
        logger: Logger
    ) async throws(WebSocketError) -> ChatServer {
        var configuration = WebSocketServer.Configuration(host: host, port: port)
        configuration.limits.maximumMessageBytes = Defaults.maximumMessageBytes
        let room = Room(logger: logger)
        configuration.handshake = room.answer
        let server = try await WebSocketServer.start(configuration, on: loop, onConnection: room.admit)
        return ChatServer(server: server, loop: loop, url: url(host: host, port: server.port ?? port))
    }

    /// Stops listening, closes every connection with 1001, and returns when all have ended or were cut.
    func shutdown() async {
        await server.shutdown()
        await loop.shutdown()
    }

    /// The URL for a host as the user gave it, with brackets around an IPv6 address (RFC 3986 section 3.2.2).
    static func url(host: String, port: Int) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "ws://[\(host)]:\(port)" : "ws://\(host):\(port)"
    }
}
