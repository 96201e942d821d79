internal import CLibWebSockets
public import HTTPTypes

/// A client's opening handshake, as the server's handshake hook sees it. It has passed the rules of RFC 6455 section 4.2.1.
///
/// It is valid while the hook runs: header fields are looked up in lws' tables, which are freed afterwards. It is not
/// `Sendable` for that reason; take out of it what is needed later, and hand it on with
/// ``HandshakeResponse/accept(subprotocol:headerFields:userInfo:)``.
public struct HandshakeRequest {
    /// The path, without the query, such as `/team`.
    public let path: String
    /// The query, percent-encoded and without the question mark; empty when there was none.
    public let query: String
    /// The subprotocols the client offers, in its order of preference.
    public let subprotocols: [String]
    /// The client's address.
    public let remoteAddress: SocketAddress?
    let head: LibraryRequestHead

    /// The `Host` field: what the client takes this server to be, such as `localhost:8088`.
    public var host: String? { head[WSI_TOKEN_HOST] }

    /// The `Origin` field: which site a browser's script comes from; nil from clients that are no browsers.
    public var origin: String? { self[.origin] }

    /// The value of a header field; of a repeated one, the values joined with commas.
    public subscript(name: HTTPField.Name) -> String? { head[name] }

    /// All header fields. On libwebsockets before 4.3 those with names that it does not know are left out: ask for them
    /// by name.
    public var headerFields: HTTPFields { head.fields }
}

@available(*, unavailable)
extension HandshakeRequest: Sendable {}

/// The answer to an opening handshake.
public struct HandshakeResponse: Sendable {
    enum Content: Sendable {
        case accept(subprotocol: String?, headerFields: HTTPFields, userInfo: (any Sendable)?)
        case reject(status: HTTPResponse.Status, headerFields: HTTPFields, body: String)
    }
    let content: Content

    /// Opens the connection.
    ///
    /// - Parameters:
    ///   - subprotocol: one of those the client offers, or nil for none; another one is answered with 500, since the
    ///     client would have to refuse it (RFC 6455 section 4.1).
    ///   - headerFields: further fields of the answer; about 2 KiB of them fit.
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
}
