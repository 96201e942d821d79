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

    /// Reads the files and sees whether a server could use them: whether there are certificates and a key in them, and the
    /// key is that of the certificate. Nothing is kept of it.
    ///
    /// Blocks while files are read, at most 4 MiB of each. May be called on any thread.
    ///
    /// - Throws: ``WebSocketError/Code/tls``, with the file and what is wrong with it. That a certificate has expired is no
    ///   error.
    public func check() throws(WebSocketError) {
        _ = try TLSContext.server(self)
    }
}
