/// TLS for a server: 1.2 and newer, by OpenSSL. Sessions resume, for an hour, on any of the server's loops; there is no
/// early data and no renegotiation.
public struct TLSServerConfiguration: Sendable, Hashable {
    /// Whether clients show certificates of their own.
    public enum ClientCertificates: Sendable, Hashable {
        /// They are not asked.
        case none
        /// They are asked; who shows one must have it signed by one of these authorities.
        case optional(authorities: PEMSource)
        /// Only those with a certificate signed by one of these authorities may connect.
        case required(authorities: PEMSource)
    }

    /// The server's certificate and key.
    public var identity: TLSIdentity
    /// Whether clients show certificates of their own.
    public var clientCertificates: ClientCertificates

    public init(identity: TLSIdentity, clientCertificates: ClientCertificates = .none) {
        self.identity = identity
        self.clientCertificates = clientCertificates
    }

    public init(certificateChainFile: String, privateKeyFile: String, clientCertificates: ClientCertificates = .none) {
        self.init(
            identity: TLSIdentity(certificateChainFile: certificateChainFile, privateKeyFile: privateKeyFile),
            clientCertificates: clientCertificates
        )
    }
}
