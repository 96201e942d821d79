public import HTTPTypes

/// A client's opening handshake, as the server's handshake hook sees it. It has passed the rules of RFC 6455 section 4.2.1.
///
/// It is a value, which may be kept: it holds the bytes of the request's head, and makes strings of them when it is asked.
public struct HandshakeRequest: Sendable {
    private let head: RequestHead
    /// The subprotocols the client offers, in its order of preference.
    public let subprotocols: [String]
    /// The client's address.
    public let remoteAddress: SocketAddress?
    let peerCertificateBytes: [UInt8]?

    init(_ head: RequestHead, subprotocols: [String], remoteAddress: SocketAddress?, peerCertificate: [UInt8]? = nil) {
        self.head = head
        self.subprotocols = subprotocols
        self.remoteAddress = remoteAddress
        peerCertificateBytes = peerCertificate
    }

    /// The certificate that the client has shown, verified as ``TLSServerConfiguration/clientCertificates`` demands; nil for
    /// none. It is read anew with each call.
    public var peerCertificate: PeerCertificate? { peerCertificateBytes.flatMap { PeerCertificate(derBytes: $0) } }

    /// The path as the client sent it, without the query: percent-encoded, such as `/team%20a`.
    public var path: String { head.path }

    /// The query as the client sent it, without the question mark: percent-encoded; empty when there was none.
    public var query: String { head.query }

    /// What the client takes this server to be, such as `localhost:8088`: the host of the URL in the request line or, as
    /// nearly always, the `Host` field.
    public var host: String? { head.authority }

    /// The `Origin` field: which site a browser's script comes from; nil from clients that are no browsers.
    public var origin: String? { self[.origin] }

    /// The value of a header field; of a repeated one, the values joined with commas.
    public subscript(name: HTTPField.Name) -> String? { head[name] }

    /// All header fields, in the order in which they came.
    public var headerFields: HTTPFields { head.fields.httpFields }
}

/// The answer to an opening handshake.
public struct HandshakeResponse: Sendable {
    enum Content: Sendable {
        case accept(subprotocol: String?, headerFields: HTTPFields, userInfo: (any Sendable)?)
        case reject(status: HTTPResponse.Status, headerFields: HTTPFields, body: String)
        case deferred(@Sendable () async -> HandshakeResponse)
    }
    let content: Content

    /// Opens the connection.
    ///
    /// - Parameters:
    ///   - subprotocol: one of those the client offers, or nil for none; another one is answered with 500, since the
    ///     client would have to refuse it (RFC 6455 section 4.1).
    ///   - headerFields: further fields of the answer; those that the handshake itself settles are not taken from them.
    ///   - userInfo: whatever belongs to the connection, such as who the client is: ``Handshake/userInfo``.
    public static func accept(
        subprotocol: String? = nil,
        headerFields: HTTPFields = [:],
        userInfo: (any Sendable)? = nil
    ) -> HandshakeResponse {
        HandshakeResponse(content: .accept(subprotocol: subprotocol, headerFields: headerFields, userInfo: userInfo))
    }

    /// Refuses the connection with an HTTP status and ends it.
    public static func reject(
        status: HTTPResponse.Status,
        headerFields: HTTPFields = [:],
        body: String = ""
    ) -> HandshakeResponse {
        HandshakeResponse(content: .reject(status: status, headerFields: headerFields, body: body))
    }

    /// Decides later: when a database has been asked, for example.
    ///
    /// ```swift
    /// configuration.handshake = { request in
    ///     guard let token = request[.authorization] else { return .reject(status: .unauthorized) }
    ///     return .deferred { await accounts.knows(token) ? .accept() : .reject(status: .forbidden) }
    /// }
    /// ```
    ///
    /// Nothing is read from the client meanwhile.
    ///
    /// - Parameter decide: runs in a task on the server's loop, which is cancelled when the client hangs up. It has what is
    ///   left of ``ConnectionLimits/handshakeTimeout``; after that the client is answered with 503, and the task cancelled.
    public static func deferred(_ decide: @escaping @Sendable () async -> HandshakeResponse) -> HandshakeResponse {
        HandshakeResponse(content: .deferred(decide))
    }
}
