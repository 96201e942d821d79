public import HTTPTypes

/// A plain HTTP request that came to the port of a WebSocket server.
///
/// It holds the bytes of the request's head; what is asked of it is looked up there, so that only ``request`` makes a value
/// of everything.
public struct HTTPServerRequest: Sendable {
    private enum Source {
        case client(RequestHead, isSecure: Bool)
        case program(HTTPRequest)
    }
    private var source: Source

    /// The body, at most ``WebSocketServer/Configuration/maximumRequestBodyBytes``; taken out of its chunks if it came in
    /// some.
    public var body: [UInt8]
    /// The client's address.
    public var remoteAddress: SocketAddress?
    private var peerCertificateBytes: [UInt8]?

    init(
        _ head: RequestHead,
        isSecure: Bool,
        body: [UInt8],
        remoteAddress: SocketAddress?,
        peerCertificate: [UInt8]? = nil
    ) {
        source = .client(head, isSecure: isSecure)
        self.body = body
        self.remoteAddress = remoteAddress
        peerCertificateBytes = peerCertificate
    }

    /// The certificate that the client has shown, verified as ``TLSServerConfiguration/clientCertificates`` demands; nil for
    /// none. It is read anew with each call.
    public var peerCertificate: PeerCertificate? { peerCertificateBytes.flatMap { PeerCertificate(derBytes: $0) } }

    /// A request that no client sent, to test a handler with.
    public init(request: HTTPRequest, body: [UInt8] = [], remoteAddress: SocketAddress? = nil) {
        source = .program(request)
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// Method, path with query, authority and header fields, made anew each time.
    public var request: HTTPRequest {
        get {
            switch source {
            case .client(let head, let isSecure): head.request(scheme: isSecure ? "https" : "http")
            case .program(let request): request
            }
        }
        set { source = .program(newValue) }
    }

    /// The method, as it was sent: methods have a case, and unknown ones come here too.
    public var method: HTTPRequest.Method {
        switch source {
        case .client(let head, _): head.method
        case .program(let request): request.method
        }
    }

    /// The path as it was sent, without the query: percent-encoded.
    public var path: String {
        switch source {
        case .client(let head, _): head.path
        case .program(let request): String((request.path ?? "/").prefix { $0 != "?" })
        }
    }

    /// The query as it was sent, without the question mark: percent-encoded; empty when there is none.
    public var query: String {
        switch source {
        case .client(let head, _): head.query
        case .program(let request): String((request.path ?? "").drop { $0 != "?" }.dropFirst())
        }
    }

    /// The value of a header field; of a repeated one, the values joined with commas.
    public subscript(name: HTTPField.Name) -> String? {
        switch source {
        case .client(let head, _): head[name]
        case .program(let request): request.headerFields[name]
        }
    }
}

/// The answer to a plain HTTP request: from memory, of any size, streamed, or a stream of events.
public struct HTTPServerResponse: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
        case events(@Sendable (EventStreamConnection) -> Void)
    }

    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// Its header fields; `Content-Length`, `Transfer-Encoding` and `Connection` are set by the server, whatever is said
    /// here.
    public var headerFields: HTTPFields
    let body: Body

    /// Answers with bytes.
    public init(status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headerFields = headerFields
        self.body = .bytes(body)
    }

    /// Answers with text, as `text/plain` unless the fields say otherwise.
    public init(status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], text: String) {
        var fields = headerFields
        if !fields.contains(where: { $0.name == .contentType }) {
            fields.append(HTTPField(name: .contentType, value: "text/plain; charset=utf-8"))
        }
        self.init(status: status, headerFields: fields, body: Array(text.utf8))
    }

    /// Answers with what `stream` writes, until it returns; the body ends early when it throws.
    ///
    /// The closure runs in a task on the server's loop, which is cancelled when the client has gone. One that has only ended
    /// its own side is answered; until something is written the two look the same, for ``ConnectionLimits/stallTimeout`` at
    /// most. A client that takes no byte of what is written for that long is disconnected.
    public init(
        status: HTTPResponse.Status = .ok,
        headerFields: HTTPFields = [:],
        stream: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) {
        self.status = status
        self.headerFields = headerFields
        self.body = .stream(stream)
    }

    /// Answers with a stream of events (HTML section 9.2, "server-sent events"), which lasts until somebody ends it; it needs
    /// no task, and may be a member of a ``BroadcastGroup``.
    ///
    /// It counts among the server's connections: beyond ``WebSocketServer/Configuration/maximumConnections`` the answer is
    /// 503. An answer to HEAD is the head alone, and nothing is opened.
    ///
    /// - Parameters:
    ///   - headerFields: go with those that an event stream has: `Content-Type`, `Cache-Control: no-store` and
    ///     `X-Accel-Buffering: no`, which has nginx pass events on at once.
    ///   - onOpen: called once, on the server's loop, before anything was written: what it sends follows the head in one
    ///     write. It captures what it needs of the request, which is not kept.
    public static func eventStream(
        headerFields: HTTPFields = [:],
        onOpen: @escaping @Sendable (EventStreamConnection) -> Void
    ) -> HTTPServerResponse {
        var fields: HTTPFields = [
            .contentType: "text/event-stream",
            .cacheControl: "no-store",
        ]
        if let name = HTTPField.Name("X-Accel-Buffering") { fields[name] = "no" }
        for field in headerFields { fields.append(field) }
        return HTTPServerResponse(status: .ok, headerFields: fields, .events(onOpen))
    }

    private init(status: HTTPResponse.Status, headerFields: HTTPFields, _ body: Body) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
    }
}

/// Writes the body of a streamed answer.
///
/// It belongs to this one answer: once that is over, it throws. Several tasks may write; their pieces go out whole, in the
/// order in which the calls were made.
public struct HTTPBodyWriter: Sendable {
    let writer: HTTPResponseWriter

    /// Writes some bytes and waits until the client's socket has taken them, which bounds what is held to these bytes.
    ///
    /// - Throws: ``WebSocketError/Code/closed`` once the client has gone or the answer is over,
    ///   ``WebSocketError/Code/cancelled`` when the task was cancelled before; it does not cut short what is being written.
    public func write(_ bytes: [UInt8]) async throws(WebSocketError) {
        try await writer.write(bytes)
    }

    /// Writes text as UTF-8.
    public func write(_ text: String) async throws(WebSocketError) {
        try await writer.write(Array(text.utf8))
    }
}
