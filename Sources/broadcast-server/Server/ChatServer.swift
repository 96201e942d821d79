import LWSSwift
import Logging

/// The chat server: a room behind a listening WebSocket server, on a service loop of its own.
struct ChatServer: Sendable {
    private let server: WebSocketServer
    private let loop: ServiceLoop
    /// Where clients connect to.
    let url: String

    /// Starts listening.
    static func start(_ settings: StartSettings, logger: Logger) async throws(Failure) -> ChatServer {
        do throws(WebSocketError) {
            let loop = try await ServiceLoop.start(.init(name: "chat-loop", logger: logger))
            do throws(WebSocketError) {
                return try await start(settings, on: loop, logger: logger)
            } catch {
                await loop.shutdown()
                throw error
            }
        } catch {
            throw Failure(error, listeningAt: settings.host, port: settings.port)
        }
    }

    private static func start(
        _ settings: StartSettings,
        on loop: ServiceLoop,
        logger: Logger
    ) async throws(WebSocketError) -> ChatServer {
        var configuration = WebSocketServer.Configuration(host: settings.host, port: settings.port)
        configuration.tls = settings.network.tls
        configuration.http = PageRoutes().answer
        configuration.limits.maximumMessageBytes = Defaults.maximumMessageBytes
        let room = Room(logger: logger)
        configuration.handshake = { request in settings.network.refusal(of: request) ?? room.answer(request) }
        let server = try await WebSocketServer.start(configuration, on: loop, onConnection: room.admit)
        return ChatServer(server: server, loop: loop, url: url(settings, port: server.port))
    }

    /// Stops listening, closes every connection with 1001, and returns when all have ended or were cut.
    func shutdown() async {
        await server.shutdown()
        await loop.shutdown()
    }

    /// The URL for a host as the user gave it, with brackets around an IPv6 address (RFC 3986 section 3.2.2).
    private static func url(_ settings: StartSettings, port: Int?) -> String {
        let scheme = settings.network.tls == nil ? "ws" : "wss"
        let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
        return "\(scheme)://\(host):\(port ?? settings.port)"
    }
}
