/// What the opening handshake of a connection has settled.
public struct Handshake: Sendable {
    /// The path of the request, without the query, such as `/team`.
    public let path: String
    /// The query, percent-encoded and without the question mark; empty when there was none.
    public let query: String
    /// The subprotocol that was agreed on, if any.
    public let subprotocol: String?
    private let attachment: Attachment?
    /// The peer's address: for a server the client's, for a client the server's.
    public let remoteAddress: SocketAddress?
    /// Compression, when both sides agreed on it; nil for none.
    public let compression: NegotiatedCompression?

    /// What the server's handshake hook attached, such as who the client is.
    public var userInfo: (any Sendable)? { attachment?.value }

    /// Elsewhere, since many connections have none, and this is a part of each.
    private final class Attachment: Sendable {
        let value: any Sendable

        init(_ value: any Sendable) {
            self.value = value
        }
    }

    init(
        path: String,
        query: String,
        subprotocol: String?,
        compression: NegotiatedCompression?,
        remoteAddress: SocketAddress?,
        userInfo: (any Sendable)? = nil
    ) {
        self.path = path
        self.query = query
        self.subprotocol = subprotocol
        self.compression = compression
        self.remoteAddress = remoteAddress
        attachment = userInfo.map(Attachment.init)
    }
}
