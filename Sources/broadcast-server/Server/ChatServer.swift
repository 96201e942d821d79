import LWSSwift
import Logging

/// The chat server: channels behind a listening WebSocket server, on service loops of its own.
struct ChatServer: Sendable {
    private let server: WebSocketServer
    private let service: ChatService
    private let loops: [ServiceLoop]
    /// What outlives it; nil when nothing does.
    private let store: StateStore?
    /// Where clients connect to.
    let url: String

    /// Starts listening.
    static func start(_ settings: StartSettings, log: ProgramLog) async throws(Failure) -> ChatServer {
        let logger = log.logger("server")
        let store = try openStore(settings, logger: logger, log: log)
        do throws(WebSocketError) {
            let loops = try await startLoops(settings.chat.threads.value, logger: logger)
            do throws(WebSocketError) {
                return try await start(settings, on: loops, store, log: log)
            } catch {
                await shutdown(loops)
                throw error
            }
        } catch {
            await store?.close()
            throw Failure(error, listeningAt: settings.host, port: settings.port)
        }
    }

    private static func openStore(
        _ settings: StartSettings,
        logger: Logger,
        log: ProgramLog
    ) throws(Failure) -> StateStore? {
        guard let directory = settings.storage.directory else { return nil }
        return try StateStore(directory, grace: settings.chat.sessionGrace, logger: logger) { line in
            // Whoever starts it has to see that, whatever the log shows.
            try? Descriptor.standardError.write(Array("Warning: \(line)\n".utf8))
            log.writeToFile(.warning, line)
        }
    }

    private static func startLoops(_ count: Int, logger: Logger) async throws(WebSocketError) -> [ServiceLoop] {
        var loops: [ServiceLoop] = []
        do throws(WebSocketError) {
            for number in 1...count {
                let name = count == 1 ? "chat-loop" : "chat-loop-\(number)"
                loops.append(try await ServiceLoop.start(.init(name: name, logger: logger)))
            }
        } catch {
            await shutdown(loops)
            throw error
        }
        return loops
    }

    private static func start(
        _ settings: StartSettings,
        on loops: [ServiceLoop],
        _ store: StateStore?,
        log: ProgramLog
    ) async throws(WebSocketError) -> ChatServer {
        var configuration = WebSocketServer.Configuration(host: settings.host, port: settings.port)
        settings.network.apply(to: &configuration)
        configuration.maximumRequestBodyBytes = settings.chat.maximumMessageBytes
        configuration.limits.maximumMessageBytes = settings.chat.maximumMessageBytes
        // A page of the history has at least one message.
        configuration.limits.maximumQueuedBytes = max(
            configuration.limits.maximumQueuedBytes,
            2 * Defaults.grown(settings.chat.maximumMessageBytes)
        )
        configuration.compression = settings.chat.compression
        let logMessage = log.hasMessages ? log.said : nil
        let service = ChatService(
            on: loops,
            settings.chat,
            logger: log.logger("server"),
            logMessage: logMessage,
            store: store
        )
        configuration.http = HTTPRoutes(service, settings.network.origins).answer
        let gateway = WebSocketGateway(service: service, origins: settings.network.origins)
        configuration.handshake = gateway.answer
        let server = try await WebSocketServer.start(configuration, on: loops, onConnection: gateway.admit)
        let url = url(settings, port: server.port)
        return ChatServer(server: server, service: service, loops: loops, store: store, url: url)
    }

    /// Answers what was read, closes every connection with 1001, and returns when all have ended or were cut.
    func shutdown() async {
        await service.stop()
        await server.shutdown()
        service.end()
        await Self.shutdown(loops)
        // The last turns of the loops had something for it still.
        await store?.close()
    }

    private static func shutdown(_ loops: [ServiceLoop]) async {
        for loop in loops { await loop.shutdown() }
    }

    /// The URL for a host as the user gave it, with brackets around an IPv6 address (RFC 3986 section 3.2.2).
    private static func url(_ settings: StartSettings, port: Int?) -> String {
        let scheme = settings.network.tls == nil ? "ws" : "wss"
        let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
        return "\(scheme)://\(host):\(port ?? settings.port)"
    }
}
