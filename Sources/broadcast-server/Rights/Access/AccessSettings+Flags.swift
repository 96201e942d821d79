extension AccessSettings {
    /// - Throws: a failure that names the variable that is wrong.
    init(flags: TokenFlags, environment: Environment) throws(Failure) {
        tokenFile = try environment.value(\.tokenFile, flags.tokenFile)
        keyFiles = try environment.value(\.tokenKey, flags.tokenKey)
        secretFiles = try environment.value(\.tokenSecret, flags.tokenSecret)
        revocationFile = try environment.value(\.revoked, flags.revoked)
        let algorithms = try environment.value(\.tokenAlgorithm, flags.tokenAlgorithm)
        if !algorithms.isEmpty { rules.algorithms = Set(algorithms) }
        rules.issuers = Set(try environment.value(\.tokenIssuer, flags.tokenIssuer))
        rules.audiences = Set(try environment.value(\.tokenAudience, flags.tokenAudience))
        rules.leeway = try environment.value(\.tokenLeeway, flags.tokenLeeway).duration
        rules.requiresExpiry = try !environment.value(\.tokenForever, flags.tokenForever)
        rules.rightsWithoutClaim = Rights(try environment.value(\.tokenAllow, flags.tokenAllow))
        let anonymous = try environment.value(\.anonymous, flags.anonymous)
        if !anonymous.isEmpty { self.anonymous = Rights(anonymous) }
        cookieName = try environment.value(\.tokenCookie, flags.tokenCookie)
        if let cookieName, !CookieField.isName(cookieName) {
            let message = "--token-cookie is a name of letters, digits and signs such as - and _."
            try environment.refuse(message, about: ServerOptions.table.tokenCookie)
        }
    }
}
