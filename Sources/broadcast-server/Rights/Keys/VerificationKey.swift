/// A key that signatures of tokens are verified with. Which algorithms it is for is its own property, and never a matter of
/// what a token says (RFC 8725 section 3.1).
struct VerificationKey: Sendable {
    private enum Material: Sendable {
        case secret(SecretKey)
        case pair(PublicKey)
    }

    /// What tokens call it by, in their `kid`; nil for one without a name.
    let id: String?
    /// Those that a token under this key may name.
    let algorithms: Set<SignatureAlgorithm>
    private let material: Material
    /// What tells it from others, and says nothing of a secret.
    let fingerprint: SHA256Digest

    /// A secret. For its algorithms it has to be as long as their hashes (RFC 7518 section 3.2).
    init(_ secret: SecretKey, id: String? = nil) throws(PublicKey.Unusable) {
        let sizes: [(SignatureAlgorithm, HashFunction)] = [(.hs256, .sha256), (.hs384, .sha384), (.hs512, .sha512)]
        self.init(
            id: id,
            material: .secret(secret),
            algorithms: Set(sizes.filter { secret.byteCount >= $0.1.byteCount }.map(\.0)),
            fingerprint: SHA256Digest(of: secret.code(of: Array("fingerprint".utf8), .sha256))
        )
        guard !algorithms.isEmpty else {
            throw PublicKey.Unusable(reason: "a secret has at least \(HashFunction.sha256.byteCount) bytes")
        }
    }

    /// The public key of a pair.
    init(_ key: PublicKey, id: String? = nil) {
        self.init(
            id: id,
            material: .pair(key),
            algorithms: Self.algorithms(of: key.kind),
            fingerprint: key.fingerprint
        )
    }

    private init(
        id: String?,
        material: Material,
        algorithms: Set<SignatureAlgorithm>,
        fingerprint: SHA256Digest
    ) {
        self.fingerprint = fingerprint
        self.id = id
        self.material = material
        self.algorithms = algorithms
    }

    private static func algorithms(of kind: PublicKey.Kind) -> Set<SignatureAlgorithm> {
        switch kind {
        case .rsa: [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
        case .ec(.p256): [.es256]
        case .ec(.p384): [.es384]
        case .ec(.p521): [.es512]
        case .ed25519: [.edDSA, .ed25519]
        case .ed448: [.edDSA, .ed448]
        }
    }

    /// The same for one algorithm alone; nil when it is for others.
    func only(for algorithm: SignatureAlgorithm) -> VerificationKey? {
        guard algorithms.contains(algorithm) else { return nil }
        return VerificationKey(id: id, material: material, algorithms: [algorithm], fingerprint: fingerprint)
    }

    /// Whether a signature of a message is this key's, by one of its ``algorithms``.
    func accepts(_ signature: [UInt8], of message: [UInt8], by algorithm: SignatureAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        return switch (material, algorithm.method) {
        case (.secret(let key), .secret(let hash)): key.authenticates(message, code: signature, hash)
        case (.pair(let key), .pair(let scheme)): key.accepts(signature, of: message, scheme)
        case (.secret, .pair), (.pair, .secret): false
        }
    }
}
