public import HTTPTypes

/// A plain HTTP request that came to the port of a WebSocket server.
public struct HTTPServerRequest: Sendable {
    /// Method, path with query, authority and header fields.
    public var request: HTTPRequest
    /// The body, at most ``WebSocketServer/Configuration/maximumRequestBodyBytes``.
    public var body: [UInt8]
    /// The client's address.
    public var remoteAddress: SocketAddress?

    /// A request that no client sent, to test a handler with.
    public init(request: HTTPRequest, body: [UInt8] = [], remoteAddress: SocketAddress? = nil) {
        self.request = request
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The path without the query.
    public var path: String {
        String((request.path ?? "/").prefix { $0 != "?" })
    }
}

/// The answer to a plain HTTP request: from memory, of any size, or streamed.
public struct HTTPServerResponse: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
    }

    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// Its header fields; `Content-Length`, `Transfer-Encoding` and `Connection` are set by the server.
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
        if fields[.contentType] == nil { fields[.contentType] = "text/plain; charset=utf-8" }
        self.init(status: status, headerFields: fields, body: Array(text.utf8))
    }

    /// Answers with what `stream` writes, until it returns; the body ends early when it throws.
    ///
    /// The closure runs in a task on the server's loop, which is cancelled when the client hangs up. A client that takes no
    /// byte for ``ConnectionLimits/stallTimeout`` is disconnected.
    public init(
        status: HTTPResponse.Status = .ok,
        headerFields: HTTPFields = [:],
        stream: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) {
        self.status = status
        self.headerFields = headerFields
        self.body = .stream(stream)
    }
}

/// Writes the body of a streamed answer.
public struct HTTPBodyWriter: Sendable {
    let exchange: HTTPExchange

    /// Writes some bytes and waits until the client's socket has taken them, which bounds what is held to these bytes.
    ///
    /// - Throws: ``WebSocketError/Code/closed`` once the client has gone, ``WebSocketError/Code/cancelled`` when the task
    ///   is cancelled.
    public func write(_ bytes: [UInt8]) async throws(WebSocketError) {
        try await exchange.write(bytes)
    }

    /// Writes text as UTF-8.
    public func write(_ text: String) async throws(WebSocketError) {
        try await exchange.write(Array(text.utf8))
    }
}

/// The head of an HTTP/1.1 answer, as bytes. lws' own functions would call the first answer on a connection HTTP/1.0.
enum HTTPHead {
    static func bytes(_ status: HTTPResponse.Status, _ fields: HTTPFields) -> [UInt8] {
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }
}
