/// What the opening handshake of a connection has settled.
public struct Handshake: Sendable {
    /// The path of the request, without the query, such as `/team`.
    public let path: String
    /// The query, percent-encoded and without the question mark; empty when there was none.
    public let query: String
    /// The subprotocol that was agreed on, if any.
    public let subprotocol: String?
    /// Compression, when both sides agreed on it; nil for none.
    public let compression: NegotiatedCompression?
    /// The peer's address: for a server the client's, for a client the server's.
    public let remoteAddress: SocketAddress?
    /// What the server's handshake hook attached, such as who the client is.
    public let userInfo: (any Sendable)?
}
