/// What has to hold of a token beside its signature.
struct TokenRules: Sendable, Equatable {
    /// The algorithms that are allowed, of those that its keys have.
    var algorithms = Set(SignatureAlgorithm.allCases)
    /// Who may have issued it; anybody with a key when it is empty.
    var issuers: Set<String> = []
    /// Whom it may be for. When it is empty, a token that says for whom it is, is for somebody else (RFC 7519 section 4.1.3).
    var audiences: Set<String> = []
    /// By how much clocks may differ.
    var leeway = Duration.seconds(30)
    /// Whether it has to say when it expires: one that never does can only be revoked.
    var requiresExpiry = true
    /// What a token may that has no claim `channels`.
    var rightsWithoutClaim = Rights.none

    /// Whether a token that ends at `expiry` is refused.
    func hasPassed(_ expiry: NumericDate, at now: NumericDate) -> Bool { now >= expiry + leeway }

    /// What a token grants whose signature is right.
    func grant(_ claims: TokenClaims, at now: NumericDate) throws(TokenFault) -> Grant {
        if claims.expiry == nil, requiresExpiry { throw .noExpiry }
        if let expiry = claims.expiry, hasPassed(expiry, at: now) { throw .expired }
        if let start = claims.notBefore, now + leeway < start { throw .notYetValid }
        try check(issuer: claims.issuer, audience: claims.audience, expiry: claims.expiry)
        return Grant(
            source: .signed(id: claims.id),
            subject: claims.subject,
            name: claims.name,
            rights: claims.rights ?? rightsWithoutClaim,
            expiry: claims.expiry
        )
    }

    /// What does not depend on the time.
    func check(issuer: String?, audience: [String]?, expiry: NumericDate?) throws(TokenFault) {
        if expiry == nil, requiresExpiry { throw .noExpiry }
        if !issuers.isEmpty {
            guard let issuer, issuers.contains(issuer) else { throw .foreignIssuer }
        }
        guard audiences.isEmpty ? audience == nil : !audiences.isDisjoint(with: audience ?? []) else {
            throw .foreignAudience
        }
    }
}
