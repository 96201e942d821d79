/// What the opening handshake of a connection has settled.
public struct Handshake: Sendable {
    /// The path of the request, without the query, such as `/team`.
    public let path: String
    /// The query, percent-encoded and without the question mark; empty when there was none.
    public let query: String
    /// The subprotocol that was agreed on, if any.
    public let subprotocol: String?
    private let attachment: Attachment?
    /// The peer's address: for a server the client's, for a client the server's, or that of the
    /// proxy it goes through.
    public let remoteAddress: SocketAddress?
    /// Compression, when both sides agreed on it; nil for none.
    public let compression: NegotiatedCompression?

    /// In DER form, since few ask for it, and this is a part of each connection.
    private let peerCertificateBytes: [UInt8]?

    /// The certificate that the peer has shown, verified as the TLS configuration demands; nil for none. It is read anew
    /// with each call.
    public var peerCertificate: PeerCertificate? { peerCertificateBytes.flatMap { PeerCertificate(derBytes: $0) } }

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
        peerCertificate: [UInt8]? = nil,
        userInfo: (any Sendable)? = nil
    ) {
        self.path = path
        self.query = query
        self.subprotocol = subprotocol
        self.compression = compression
        self.remoteAddress = remoteAddress
        peerCertificateBytes = peerCertificate
        attachment = userInfo.map(Attachment.init)
    }
}
