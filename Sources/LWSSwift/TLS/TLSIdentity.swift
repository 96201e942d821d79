/// A certificate and the private key that belongs to it: what an endpoint shows and proves.
public struct TLSIdentity: Sendable, Hashable {
    /// The certificate, followed by the intermediate ones.
    public var certificateChain: PEMSource
    /// The private key, without a passphrase.
    public var privateKey: PEMSource

    public init(certificateChain: PEMSource, privateKey: PEMSource) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }

    public init(certificateChainFile: String, privateKeyFile: String) {
        self.init(certificateChain: .file(certificateChainFile), privateKey: .file(privateKeyFile))
    }
}
