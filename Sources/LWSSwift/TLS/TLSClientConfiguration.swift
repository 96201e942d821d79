/// TLS for a client: 1.2 and newer, by OpenSSL; the server's certificate and host name are verified unless that is
/// switched off. A client that comes back to a server resumes its session.
public struct TLSClientConfiguration: Sendable, Hashable {
    /// Whose signatures on the server's certificate count.
    public enum Trust: Sendable, Hashable {
        /// The certificate authorities that the system trusts.
        case system
        /// These, and no others.
        case authorities(PEMSource)

        /// Those in this PEM file, and no others.
        public static func file(_ path: String) -> Trust { .authorities(.file(path)) }
    }

    /// How much of the server's certificate is verified.
    public enum Verification: Sendable, Hashable {
        /// The signature, the dates and the host name.
        case full
        /// The signature and the dates: whoever has a certificate of a trusted authority may stand in for the server. For
        /// servers with certificates of a private authority that do not name the address they are reached at.
        case noHostnameVerification
        /// Nothing: anybody in between can read and change everything. For tests.
        case none
    }

    /// Whose signatures on the server's certificate count.
    public var trust: Trust
    /// How much of the server's certificate is verified.
    public var verification: Verification
    /// This client's own certificate and key, shown when the server asks for them.
    public var identity: TLSIdentity?

    public init(trust: Trust = .system, verification: Verification = .full, identity: TLSIdentity? = nil) {
        self.trust = trust
        self.verification = verification
        self.identity = identity
    }
}
