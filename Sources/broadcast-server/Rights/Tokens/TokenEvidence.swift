/// What was found right of a signed token, so that it can be held against other keys and rules without the token.
struct TokenEvidence: Sendable, Equatable {
    /// Of the key that it is signed with.
    let key: SHA256Digest
    let algorithm: SignatureAlgorithm
    let issuer: String?
    let audience: [String]?
    /// Whether it says what its bearer may.
    let hasRights: Bool

    init(_ token: SignedToken, _ claims: TokenClaims, signedWith key: VerificationKey) {
        self.key = key.fingerprint
        algorithm = token.header.algorithm
        issuer = claims.issuer
        audience = claims.audience
        hasRights = claims.rights != nil
    }

    /// - Throws: why a token like that would not be accepted any more.
    func hold(_ keys: KeySet, _ rules: TokenRules, expiry: NumericDate?) throws(TokenFault) {
        guard rules.algorithms.contains(algorithm) else { throw .refusedAlgorithm }
        guard keys.keys.contains(where: { $0.fingerprint == key && $0.algorithms.contains(algorithm) }) else {
            throw .unknownKey
        }
        try rules.check(issuer: issuer, audience: audience, expiry: expiry)
    }
}
