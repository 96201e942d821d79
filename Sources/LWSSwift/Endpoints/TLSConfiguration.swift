internal import Glibc

/// TLS for a server: TLS 1.2 and newer, with OpenSSL beneath libwebsockets. Files are PEM and are read when the server
/// starts.
public struct TLSServerConfiguration: Sendable, Hashable {
    /// Whether clients show certificates of their own.
    public enum ClientCertificates: Sendable, Hashable {
        /// They are not asked.
        case none
        /// They are asked; who shows one must have it signed by an authority in the file.
        case optional(authorities: String)
        /// Only those with a certificate signed by an authority in the file may connect.
        case required(authorities: String)
    }

    /// The path of the server's certificate, followed in the same file by the intermediate ones.
    public var certificateChainFile: String
    /// The path of the private key that belongs to the certificate, without a passphrase.
    public var privateKeyFile: String
    /// Whether clients show certificates of their own.
    public var clientCertificates: ClientCertificates

    public init(certificateChainFile: String, privateKeyFile: String, clientCertificates: ClientCertificates = .none) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.clientCertificates = clientCertificates
    }

    func validate() throws(WebSocketError) {
        try requireReadable(certificateChainFile, "certificate chain")
        try requireReadable(privateKeyFile, "private key")
        switch clientCertificates {
        case .none: break
        case .optional(let file), .required(let file): try requireReadable(file, "certificate authorities")
        }
    }
}

/// TLS for a client: TLS 1.2 and newer; the server's certificate and host name are verified unless that is switched off.
public struct TLSClientConfiguration: Sendable, Hashable {
    /// Whose signatures on the server's certificate count.
    public enum Trust: Sendable, Hashable {
        /// The certificate authorities that the system trusts.
        case system
        /// Those in this PEM file, and no others.
        case file(String)
    }

    /// How much of the server's certificate is verified.
    public enum Verification: Sendable, Hashable {
        /// The signature, the dates and the host name.
        case full
        /// Nothing: anybody in between can read and change everything. For tests.
        case none
    }

    /// Whose signatures on the server's certificate count.
    public var trust: Trust
    /// How much of the server's certificate is verified.
    public var verification: Verification
    /// The path of this client's certificate chain, if the server asks for one; needs ``privateKeyFile``.
    public var certificateChainFile: String?
    /// The path of the private key that belongs to it, without a passphrase.
    public var privateKeyFile: String?

    public init(
        trust: Trust = .system,
        verification: Verification = .full,
        certificateChainFile: String? = nil,
        privateKeyFile: String? = nil
    ) {
        self.trust = trust
        self.verification = verification
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }

    func validate() throws(WebSocketError) {
        if case .file(let file) = trust { try requireReadable(file, "certificate authorities") }
        if let certificateChainFile { try requireReadable(certificateChainFile, "certificate chain") }
        if let privateKeyFile { try requireReadable(privateKeyFile, "private key") }
        guard (certificateChainFile == nil) == (privateKeyFile == nil) else {
            throw WebSocketError(.invalidConfiguration, "A client certificate needs both a chain file and a key file.")
        }
    }
}

/// libwebsockets says only that a file failed; this says which and why.
private func requireReadable(_ path: String, _ what: String) throws(WebSocketError) {
    guard unsafe access(path, R_OK) == 0 else {
        throw WebSocketError(.tls, "The file of the \(what), \(path), cannot be read: \(SystemError()).")
    }
}
