import ArgumentParser

/// The flags that say which tokens are accepted.
struct TokenFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Accept the tokens of this file, with lines that the command token makes.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Accept tokens that are signed with the private key to a public one in this file, PEM or JWKS. Repeat for more.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenKey: [String] = []

    @Option(
        help: ArgumentHelp(
            "Accept tokens that are signed with the secret in this file, of 32 bytes at least. Repeat for more.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenSecret: [String] = []

    @Option(
        help: ArgumentHelp(
            "An algorithm that may sign tokens. Repeat for more; without any, all may.",
            valueName: "name"
        ),
        transform: Self.algorithm
    )
    var tokenAlgorithm: [SignatureAlgorithm] = []

    @Option(
        help: ArgumentHelp("Who may issue tokens, by their claim iss. Repeat for more.", valueName: "issuer")
    )
    var tokenIssuer: [String] = []

    @Option(
        help: ArgumentHelp("Whom tokens have to be for, by their claim aud. Repeat for more.", valueName: "audience")
    )
    var tokenAudience: [String] = []

    @Option(
        Setting(
            "token-leeway",
            ifMissing: TimeSpan(TokenRules().leeway).defaultValueDescription,
            "By how much the clocks of those who issue tokens may differ."
        )
    )
    var tokenLeeway: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "What those may whose token has no claim channels. Repeat for more.",
            valueName: "channel=rights"
        ),
        transform: RightsEntry.argument
    )
    var tokenAllow: [RightsEntry] = []

    @Flag(help: "Accept tokens that never expire.")
    var tokenForever = false

    @Option(
        help: ArgumentHelp("Refuse the tokens and the subjects that this file names.", valueName: "file"),
        completion: .file()
    )
    var revoked: String?

    /// What they say; nobody may do anything without a token.
    var settings: AccessSettings {
        var rules = TokenRules()
        if !tokenAlgorithm.isEmpty { rules.algorithms = Set(tokenAlgorithm) }
        rules.issuers = Set(tokenIssuer)
        rules.audiences = Set(tokenAudience)
        if let tokenLeeway { rules.leeway = tokenLeeway.duration }
        rules.requiresExpiry = !tokenForever
        rules.rightsWithoutClaim = Rights(tokenAllow)
        return AccessSettings(
            tokenFile: tokenFile,
            keyFiles: tokenKey,
            secretFiles: tokenSecret,
            revocationFile: revoked,
            rules: rules,
            anonymous: .none
        )
    }

    private static func algorithm(_ text: String) throws -> SignatureAlgorithm {
        guard let algorithm = SignatureAlgorithm(rawValue: text) else {
            let all = SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("Use one of: \(all).")
        }
        return algorithm
    }
}
