import HTTPTypes
import LWSSwift
import Logging

/// The chat server: channels behind a listening WebSocket server, on service loops of its own.
struct ChatServer: Sendable {
    let server: WebSocketServer
    /// Takes orders of whoever runs it; nil when nothing does.
    let admin: WebSocketServer?
    let service: ChatService
    let loops: [ServiceLoop]
    /// What outlives it; nil when nothing does.
    let store: StateStore?
    /// Whom it shares its channels with; nil when it is alone.
    let replication: Replication?
    private let gateways: Replaceable<Gateways>
    private let metrics: Metrics
    /// What it runs with, as `--print-config` prints it.
    private let configuration: Replaceable<String>
    /// Where clients connect to.
    let url: String
    let port: Int

    /// Starts listening.
    ///
    /// It gives up waiting for its cluster, with a failure, when the task is cancelled.
    ///
    /// - Parameters:
    ///   - configuration: the settings as `--print-config` prints them, for whoever runs the server.
    ///   - reception: where it listens, if that is there already, and who is expected back.
    ///   - control: what orders of whoever runs it are passed on to.
    ///   - onLoss: called once when a node has lost its place in its cluster, with the reason: it serves nobody well
    ///     any more, and is to be shut down and started anew. On any thread.
    static func start(
        _ settings: StartSettings,
        configuration: String,
        reception: Reception = Reception(),
        control: ServerControl,
        log: ProgramLog,
        onLoss: @escaping @Sendable (String) -> Void
    ) async throws(Failure) -> ChatServer {
        let logger = log.logger("server")
        let access = try await openAccess(settings, control.revoked)
        let store = try openStore(settings, logger: logger, log: log)
        do throws(Failure) {
            let replication = try await openReplication(settings, logger: logger, onLoss: onLoss)
            do throws(Failure) {
                var settings = settings
                settings.chat.maximumMessageBytes = largestMessage(settings.chat, replication, logger: logger)
                var reception = reception
                // What was here before this server has clients that come back.
                if store?.isUsed == true { reception.expectsReturn() }
                let text = Replaceable(configuration)
                return try await start(settings, text, reception, control, access, store, replication, log: log)
            } catch {
                replication?.close()
                throw error
            }
        } catch {
            await store?.close()
            throw error
        }
    }

    private static func start(
        _ settings: StartSettings,
        _ configuration: Replaceable<String>,
        _ reception: Reception,
        _ control: ServerControl,
        _ access: AccessControl,
        _ store: StateStore?,
        _ replication: Replication?,
        log: ProgramLog
    ) async throws(Failure) -> ChatServer {
        let loops: [ServiceLoop]
        do throws(WebSocketError) {
            loops = try await startLoops(settings.chat.threads.value, logger: log.logger("server"))
        } catch {
            throw Failure(error, listeningAt: settings.host, port: settings.port)
        }
        let service = service(settings, on: loops, access, store, replication, log: log)
        do throws(Failure) {
            // Nobody is taken in before it is known who is there.
            if let replication {
                try await BackgroundThread.run(onCancel: replication.close) { () throws(Failure) in
                    try service.beginReplication()
                }
            }
            let metrics = Metrics(service, showing: settings.shownChannels)
            let gateways = Replaceable(Gateways(service, settings, metrics))
            let server = try await listen(settings, reception, on: loops, service, gateways)
            metrics.count(server)
            if !settings.access.isDecided, !ServerNames.isLoopback(settings.host) {
                warn(
                    """
                    Everybody who reaches this server may read and write in all channels. To change that, say who may \
                    with --token-file or --token-key (docs/rights.md); if it is meant so, with --anonymous '*'.
                    """,
                    log
                )
            }
            return ChatServer(
                server: server,
                admin: try await openAdmin(settings, reception, control, on: loops, service, metrics, configuration),
                service: service,
                loops: loops,
                store: store,
                replication: replication,
                gateways: gateways,
                metrics: metrics,
                configuration: configuration,
                url: url(settings, port: server.port),
                port: server.port ?? settings.port
            )
        } catch {
            await shutdown(loops)
            throw error
        }
    }

    private static func service(
        _ settings: StartSettings,
        on loops: [ServiceLoop],
        _ access: AccessControl,
        _ store: StateStore?,
        _ replication: Replication?,
        log: ProgramLog
    ) -> ChatService {
        ChatService(
            on: loops,
            settings.chat,
            limits: Limits(settings.limits, descriptors: DescriptorLimit.clients),
            logger: log.logger("server"),
            logMessage: log.said,
            logFormat: log.format,
            logsMessages: { log.hasMessages },
            store: store,
            replication: replication,
            access: access
        )
    }

    /// Reads the files that say who may do what.
    ///
    /// - Parameter revoked: what was revoked while the process runs.
    private static func openAccess(
        _ settings: StartSettings,
        _ revoked: StandingRevocations
    ) async throws(Failure) -> AccessControl {
        let written = revoked.written
        let policy = try await policy(settings)
        revoked.forget(written)
        return AccessControl(
            policy,
            cookieName: settings.access.cookieName,
            revocationFile: settings.access.revocationFile.map(RevocationFile.init),
            standing: revoked
        )
    }

    /// Whoever starts it has to see that, whatever the log shows.
    private static func warn(_ line: String, _ log: ProgramLog) {
        try? Descriptor.standardError.write(Array("Warning: \(line)\n".utf8))
        log.writeToFile(.warning, line)
    }

    private static func policy(_ settings: StartSettings) async throws(Failure) -> AccessPolicy {
        try await BackgroundThread.run { () throws(Failure) in
            do throws(FileFaults) {
                return try settings.access.policy()
            } catch {
                throw Failure(.badConfiguration, Failure(error).message)
            }
        }
    }

    private static func openReplication(
        _ settings: StartSettings,
        logger: Logger,
        onLoss: @escaping @Sendable (String) -> Void
    ) async throws(Failure) -> Replication? {
        guard let cluster = settings.cluster else { return nil }
        let isGivenUp = Monitor(false)
        return try await BackgroundThread.run(onCancel: { isGivenUp.update { $0 = true } }) { () throws(Failure) in
            let log = try JetStreamLog(cluster, logger: logger, unless: isGivenUp)
            return Replication(
                log,
                patience: cluster.patience,
                maximumQueuedBytes: cluster.maximumQueuedBytes,
                logger: logger,
                waitsAtStart: cluster.startLimit == nil,
                onLoss: onLoss
            )
        }
    }

    private static func openStore(
        _ settings: StartSettings,
        logger: Logger,
        log: ProgramLog
    ) throws(Failure) -> StateStore? {
        guard let directory = settings.storage.directory else { return nil }
        return try StateStore(directory, grace: settings.chat.sessionGrace, logger: logger) { warn($0, log) }
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

    /// What goes to NATS as one message has to fit with what stands around it.
    private static func largestMessage(
        _ chat: ChatSettings,
        _ replication: Replication?,
        logger: Logger
    ) -> Int {
        guard let replication else { return chat.maximumMessageBytes }
        let largest = replication.log.maximumBatchBytes - EntryBatch.maximumOverhead
        if largest < chat.maximumMessageBytes {
            logger.notice("Messages have at most \(largest) bytes, which is what NATS takes (max_payload).")
        }
        return min(largest, chat.maximumMessageBytes)
    }

    private static func listen(
        _ settings: StartSettings,
        _ reception: Reception,
        on loops: [ServiceLoop],
        _ service: ChatService,
        _ gateways: Replaceable<Gateways>
    ) async throws(Failure) -> WebSocketServer {
        var configuration = WebSocketServer.Configuration(host: settings.host, port: settings.port)
        if !reception.sockets.clients.isEmpty {
            configuration.endpoint = .listening(descriptors: reception.sockets.clients)
        }
        configuration.acceptPace = reception.pace(settings.drain)
        settings.network.apply(to: &configuration)
        configuration.maximumRequestBodyBytes = settings.chat.maximumMessageBytes
        configuration.limits.maximumMessageBytes = settings.chat.maximumMessageBytes
        // A page of the history has at least one message.
        configuration.limits.maximumQueuedBytes = max(
            configuration.limits.maximumQueuedBytes,
            2 * Defaults.grown(settings.chat.maximumMessageBytes)
        )
        configuration.compression = settings.chat.compression
        service.limits.apply(to: &configuration, refusals: service.refusals)
        configuration.http = { request in await gateways.current.http.answer(request) }
        configuration.handshake = { request in gateways.current.webSocket.answer(request) }
        do throws(WebSocketError) {
            return try await WebSocketServer.start(configuration, on: loops) { connection in
                gateways.current.webSocket.admit(connection)
            }
        } catch {
            throw Failure(error, listeningAt: settings.host, port: settings.port)
        }
    }

    /// Opens the socket where orders of whoever runs it are taken.
    private static func openAdmin(
        _ settings: StartSettings,
        _ reception: Reception,
        _ control: ServerControl,
        on loops: [ServiceLoop],
        _ service: ChatService,
        _ metrics: Metrics,
        _ current: Replaceable<String>
    ) async throws(Failure) -> WebSocketServer? {
        let sockets = reception.sockets.admin
        guard let path = settings.network.adminSocket ?? (sockets.isEmpty ? nil : "") else { return nil }
        var configuration = WebSocketServer.Configuration(unixSocketPath: path)
        if !sockets.isEmpty { configuration.endpoint = .listening(descriptors: sockets) }
        configuration.unixSocketPermissions = 0o600
        configuration.maximumConnections = 64
        configuration.maximumRequestBodyBytes = max(settings.chat.maximumMessageBytes, 64 << 10)
        configuration.handshake = { _ in .reject(status: .notFound, body: "Only HTTP is spoken here.\n") }
        configuration.http = AdminRoutes(service, metrics, control, configuration: current).answer
        do throws(WebSocketError) {
            return try await WebSocketServer.start(configuration, on: [loops[0]]) { $0.close() }
        } catch {
            throw Failure(.cannotCreateFile, "--admin-socket: \(EscapedText.escape(error.message))")
        }
    }

    /// Goes on with what may be changed while it runs of other settings: certificates, tokens and rights, and what the
    /// gateways are made of.
    ///
    /// All or nothing: what may fail comes first, and the certificates are the last of it. Connections that exist go on,
    /// unless their rights have ended.
    ///
    /// - Parameters:
    ///   - settings: those that it runs with, after they adopted what changes.
    ///   - configuration: the same as `--print-config` prints them.
    /// - Throws: a failure when what is asked for cannot be had; nothing is changed then.
    func reload(_ settings: StartSettings, configuration: String) async throws(Failure) {
        let written = service.access.standing.written
        let policy = try await Self.policy(settings)
        let gateways = Gateways(service, settings, metrics)
        if let tls = settings.network.tls {
            do throws(WebSocketError) {
                try await server.replaceTLS(tls)
            } catch {
                throw Failure(ExitCode(error), EscapedText.escape(error.message))
            }
        }
        service.access.replace(
            policy,
            revocationFile: settings.access.revocationFile.map(RevocationFile.init),
            forgetting: written
        )
        service.limits.replace(settings.limits)
        self.gateways.replace(with: gateways)
        self.configuration.replace(with: configuration)
    }

    static func shutdown(_ loops: [ServiceLoop]) async {
        for loop in loops { await loop.shutdown() }
    }

    /// The URL for a host as the user gave it, with brackets around an IPv6 address (RFC 3986 section 3.2.2).
    private static func url(_ settings: StartSettings, port: Int?) -> String {
        let scheme = settings.network.tls == nil ? "ws" : "wss"
        let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
        return "\(scheme)://\(host):\(port ?? settings.port)"
    }
}
