internal import HTTPTypes

/// Dials for a WebSocket connection: the opening handshake (RFC 6455 section 4.1).
final class WebSocketDial: DialPurpose {
    private let loop: ServiceLoop
    private let configuration: WebSocketClient.Configuration
    private let onConnection: @Sendable (LoopConnection) -> Void
    private let tell: (Result<WebSocketConnection, WebSocketError>) -> Void

    private var handshake: ClientHandshake?
    private var agreement = ClientHandshake.Agreement()

    init(
        _ loop: ServiceLoop,
        _ configuration: WebSocketClient.Configuration,
        _ onConnection: @escaping @Sendable (LoopConnection) -> Void,
        _ tell: @escaping (Result<WebSocketConnection, WebSocketError>) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.onConnection = onConnection
        self.tell = tell
    }

    var settings: DialSettings { configuration.dialSettings }
    var wanted: DialFailure.Wanted { .webSocket }

    func request(to target: ClientURL, _ fields: HTTPFields) -> [UInt8] {
        let handshake = ClientHandshake(
            target,
            subprotocols: configuration.subprotocols,
            offersCompression: configuration.compression != nil,
            origin: configuration.origin,
            fields: fields
        )
        self.handshake = handshake
        return handshake.request
    }

    func accepts(_ head: ResponseHead) throws(MalformedResponse) -> Bool {
        guard head.status == 101, let handshake else { return false }
        agreement = try handshake.check(head)
        return true
    }

    func take(over socket: DialSocket, of target: ClientURL, early: [UInt8]) {
        let connection = ConnectionCore(
            loop,
            role: .client,
            handshake: Handshake(
                path: target.path,
                query: target.query,
                subprotocol: agreement.subprotocol,
                compression: agreement.compression,
                remoteAddress: socket.address.socketAddress,
                peerCertificate: socket.tls?.peerCertificate
            ),
            settings: ConnectionSettings(
                limits: configuration.limits,
                compression: configuration.compression,
                logger: loop.logger
            ),
            owner: nil
        )
        socket.handOver(to: connection)
        connection.open(early: early)
        let handle = LoopConnection(core: connection)
        onConnection(handle)
        tell(.success(handle.connection))
    }

    func fail(_ error: WebSocketError) {
        tell(.failure(error))
    }
}
