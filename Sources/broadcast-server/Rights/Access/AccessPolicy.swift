/// Who may do what, in one value that is replaced as a whole: the server's own tokens, the keys of those who make others, what
/// has to hold of them, what was revoked, and what those may who show none.
struct AccessPolicy: Sendable {
    var tokens = TokenTable()
    var keys = KeySet()
    var rules = TokenRules()
    var revocations = Revocations()
    /// What everybody may, with a token or without.
    var anonymous = Rights.open

    /// Whether there is to be any token that it accepts, although its files have none just now.
    var expectsTokens = false

    /// Whether one who shows none may try with a token.
    var takesTokens: Bool { expectsTokens || !tokens.isEmpty || !keys.isEmpty }

    /// What is granted without a token.
    var anonymousGrant: Grant { Grant(source: .nothing, rights: .none, everybody: anonymous) }

    /// What a token grants. Verifies a signature if it has to, which takes up to some milliseconds: not for a loop.
    func grant(_ token: String, at now: NumericDate) throws(TokenFault) -> Grant {
        guard token.utf8.count <= SignedToken.maximumBytes else { throw .tooLong }
        if let grant = tokens[SHA256Digest(of: token.utf8)] { return try inForce(grant, at: now) }
        return try inForce(signedGrant(token, at: now), at: now)
    }

    /// What a token grants that somebody has signed, whether it was revoked or not.
    func signedGrant(_ token: String, at now: NumericDate) throws(TokenFault) -> Grant {
        guard !keys.isEmpty else { throw .unknown }
        let token = try SignedToken(token)
        let (claims, key) = try token.verified(with: keys, rules)
        let evidence = TokenEvidence(token, claims, signedWith: key)
        return try rules.grant(claims, at: now).with { $0.evidence = evidence }
    }

    /// What was granted before, as it holds now: what stands in files is looked up again, and what was found of a token that
    /// somebody has signed is held against the keys and the rules that there are now.
    func inForce(_ grant: Grant, at now: NumericDate) throws(TokenFault) -> Grant {
        var grant = grant
        switch grant.source {
        case .nothing: return anonymousGrant
        case .file(let digest):
            guard let current = tokens[digest] else { throw .unknown }
            grant = current
        case .signed:
            if let expiry = grant.expiry, rules.hasPassed(expiry, at: now) { throw .expired }
            if let evidence = grant.evidence {
                try evidence.hold(keys, rules, expiry: grant.expiry)
                let rights = rules.rightsWithoutClaim
                if !evidence.hasRights, grant.rights != rights { grant = grant.with { $0.rights = rights } }
            }
        }
        if revocations.cover(grant) { throw .revoked }
        return grant.everybody == anonymous ? grant : grant.with { $0.everybody = anonymous }
    }
}
