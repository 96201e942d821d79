import LWSSwift
import Logging
import TestSupport
import Testing

@testable import broadcast_server

/// A chat server in the tests' own process, whose loops can be held up.
struct LocalChat: Sendable {
    let loops: [ServiceLoop]
    let service: ChatService
    let metrics: Metrics
    let port: Int
    let replication: Replication?
    private let server: WebSocketServer
    /// The indices of the loops of all connections so far.
    private let places: Monitor<[Int]>

    /// Where the order of the default channel is made.
    var home: Int { Int(ChannelName.default.stableHash % UInt64(loops.count)) }

    /// An origin whose pages may use the channels.
    static let allowedOrigin = "https://a.example"

    static func start(
        threads: Int = 2,
        _ settings: ChatSettings = ChatSettings(),
        store: StateStore? = nil,
        log: (any SharedLog)? = nil,
        access: AccessControl = AccessControl(),
        limits: Limits = Limits(),
        onLoss: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> LocalChat {
        var loops: [ServiceLoop] = []
        for _ in 0..<threads { loops.append(try await ServiceLoop.start()) }
        let logger = Logger(label: "chat") { _ in SwiftLogNoOpLogHandler() }
        let replication = log.map { log in
            Replication(log, patience: .seconds(20), maximumQueuedBytes: 64 << 20, logger: logger, onLoss: onLoss)
        }
        let service = ChatService(
            on: loops,
            settings,
            limits: limits,
            logger: logger,
            logMessage: nil,
            store: store,
            replication: replication,
            access: access
        )
        if let replication {
            do {
                try await BackgroundThread.run(onCancel: replication.close) { () throws(Failure) in
                    try service.beginReplication()
                }
            } catch {
                for loop in loops { await loop.shutdown() }
                throw error
            }
        }
        let origins = OriginPolicy(
            exceptions: Set([OriginPolicy.Exception(argument: allowedOrigin)].compactMap(\.self))
        )
        let doors = NetworkDoors(origins: origins)
        let gateway = WebSocketGateway(service: service, doors: doors)
        var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
        configuration.handshake = gateway.answer
        let metrics = Metrics(service)
        configuration.http = HTTPRoutes(service, doors, metrics).answer
        limits.apply(to: &configuration, refusals: service.refusals)
        let places = Monitor<[Int]>([])
        let server = try await WebSocketServer.start(configuration, on: loops) { [loops] connection in
            places.update { $0.append(loops.firstIndex { $0.isCurrent } ?? -1) }
            gateway.admit(connection)
        }
        metrics.count(server)
        return LocalChat(
            loops: loops,
            service: service,
            metrics: metrics,
            port: try #require(server.port),
            replication: replication,
            server: server,
            places: places
        )
    }

    /// Ends without a word to anybody else, as far as the cluster can tell.
    func vanish() async {
        replication?.close()
        await server.shutdown(deadline: .zero)
        service.end()
        for loop in loops { await loop.shutdown() }
    }

    /// Ends all connections, while the loops go on.
    func endConnections() async {
        await service.stop()
        await server.shutdown(deadline: .zero)
    }

    func end() async {
        await endConnections()
        replication?.close()
        service.end()
        for loop in loops { await loop.shutdown() }
    }

    /// Connects until the connection is on the loop of this index. The loop with the fewest connections gets the next: in the
    /// place of one that came to another loop, a further member stays on such a one meanwhile. One at a time.
    func connected(on index: Int, _ path: String = "/", session: String? = nil) async throws -> JSONPeer {
        var others: [JSONPeer] = []
        while others.count < 32 {
            let peer = try await JSONPeer.connected(to: port, path, session: session)
            if places.withLock({ $0.last }) == index {
                for other in others { try await other.peer.close() }
                return peer
            }
            try await peer.peer.close()
            // The server may not have seen the end yet, so that the next one comes to the loop that is meant.
            repeat {
                others.append(try await JSONPeer.connected(to: port))
            } while places.withLock({ $0.last }) == index
        }
        throw RawPeer.Unexpected("no connection came to loop \(index)")
    }
}
