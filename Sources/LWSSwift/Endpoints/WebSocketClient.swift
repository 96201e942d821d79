public import HTTPTypes

/// Connects to WebSocket servers (RFC 6455 section 4.1).
///
/// ```swift
/// try await WebSocketClient.connect(to: "ws://localhost:8088") { connection in
///     try await connection.send("hello")
///     for try await message in connection.messages { print(message) }
/// }
/// ```
///
/// URLs are `ws:`, `wss:`, or `ws+unix:///path/to/socket`, with `:/path?query` behind the socket's path for the request;
/// `http:` and `https:` mean `ws:` and `wss:`, as in browsers. What no URL may have is percent-encoded (RFC 3987).
/// ``Configuration/proxy`` says what is reached through a proxy; redirects are followed only when asked to.
public enum WebSocketClient {
    /// Settings of a connection.
    public struct Configuration: Sendable {
        /// The bounds of the connection. ``ConnectionLimits/handshakeTimeout`` runs from the established transport, TLS
        /// included, to the end of the server's answer.
        public var limits = ConnectionLimits()
        /// Compression of messages, which is offered to the server; nil for none. Default: on, which costs an idle
        /// connection nothing. ``Handshake/compression`` tells whether the server agreed.
        public var compression: WebSocketCompression? = WebSocketCompression()
        /// The subprotocols to offer, the preferred one first; ``Handshake/subprotocol`` tells which the server chose.
        public var subprotocols: [String] = []
        /// Further header fields of the handshake, such as `Authorization`; at most 16 KiB, and none that the handshake
        /// sets itself.
        public var headerFields: HTTPFields = [:]
        /// The `Origin` field; nil for none, as clients that are no browsers do.
        public var origin: String?
        /// The proxy to go through. Default: the one that the environment names for the URL, if any.
        public var proxy = Proxy.environment
        /// How many redirects (status 301, 302, 303, 307 and 308) are followed before one is an error, 0 to 20. Default: 0.
        ///
        /// `http:` counts as `ws:` in them, and `https:` as `wss:`; none is followed from `wss:` to `ws:`. Another origin
        /// does not get the fields `Authorization`, `Cookie` and `Proxy-Authorization`, and is not shown the certificate
        /// of ``tls``. Each redirect has the time limits of a connection of its own.
        public var maximumRedirects = 0
        /// How long resolving the name, connecting to one of its addresses, the way through a proxy, and TLS may take
        /// together. The addresses are tried in turn, each 250 ms after the one before when that has not answered, the timer
        /// being up to 100 ms late (RFC 8305); the first that answers is taken.
        public var connectTimeout: Duration = .seconds(10)
        /// TLS for `wss:`.
        public var tls = TLSClientConfiguration()

        public init() {}
    }

    /// Connects, runs `handler`, and performs the closing handshake when it returns or throws.
    ///
    /// The handler runs in a task that prefers the connection's loop.
    ///
    /// - Parameters:
    ///   - url: where to connect.
    ///   - configuration: how.
    ///   - loop: the loop to live on, which many connections may share; nil for one of its own for this call.
    ///   - handler: what to do with the open connection.
    /// - Returns: what the handler returns.
    /// - Throws: what the handler throws, and ``WebSocketError`` when no connection comes about; its code says whether the
    ///   name was not found, nothing listens, TLS failed, the server refused (with status), or time ran out. Cancelling the
    ///   task ends the attempt, and is passed on to the handler.
    public static func connect<Result: Sendable>(
        to url: String,
        _ configuration: Configuration = Configuration(),
        on loop: ServiceLoop? = nil,
        handler: @escaping @Sendable (WebSocketConnection) async throws -> Result
    ) async throws -> Result {
        guard let loop else {
            let loop = try await ServiceLoop.start()
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await connect(to: url, configuration, on: loop, handler: handler))
            } catch {
                result = .failure(error)
            }
            await loop.shutdown()
            return try result.get()
        }
        let connection = try await connect(to: url, configuration, on: loop, onConnection: { _ in })
        let task = loop.startHandler {
            do {
                let result = try await handler(connection)
                await connection.close()
                return result
            } catch {
                await connection.close()
                throw error
            }
        }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Connects and leaves the connection to the caller, who closes it.
    ///
    /// - Parameters:
    ///   - url: where to connect.
    ///   - configuration: how.
    ///   - loop: the loop to live on, which many connections may share.
    ///   - onConnection: called on the loop when the connection opens, before anything is read from it: the place to set
    ///     closures.
    /// - Throws: as ``connect(to:_:on:handler:)``, ``WebSocketError/Code/cancelled`` when the task is cancelled first.
    @discardableResult
    public static func connect(
        to url: String,
        _ configuration: Configuration = Configuration(),
        on loop: ServiceLoop,
        onConnection: @escaping @Sendable (LoopConnection) -> Void = { _ in }
    ) async throws(WebSocketError) -> WebSocketConnection {
        let target = try ClientURL(url)
        try configuration.validate()
        return try await ClientDial.dial(target, on: loop) { tell in
            WebSocketDial(loop, configuration, onConnection, tell)
        }
    }
}

extension WebSocketClient.Configuration {
    func validate() throws(WebSocketError) {
        try limits.validate()
        try compression?.validate()
        try dialSettings.validate()
        for name in subprotocols where !FieldSyntax.isToken(name) {
            throw WebSocketError(.invalidConfiguration, "\"\(name)\" is no name of a subprotocol.")
        }
        guard subprotocols.joined(separator: ", ").utf8.count <= 4_096 else {
            throw WebSocketError(.invalidConfiguration, "The names of the subprotocols take more than 4,096 bytes.")
        }
        guard origin?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
            throw WebSocketError(.invalidConfiguration, "The origin must be printable ASCII without spaces.")
        }
        if let problem = ClientHandshake.problem(of: headerFields, origin: origin) {
            throw WebSocketError(.invalidConfiguration, problem)
        }
    }

    var dialSettings: DialSettings {
        DialSettings(
            headerFields: headerFields,
            proxy: proxy,
            maximumRedirects: maximumRedirects,
            connectTimeout: connectTimeout,
            answerTimeout: limits.handshakeTimeout,
            tls: tls
        )
    }
}
