import ArgumentParser

/// The flags that say which tokens are accepted, of the server and of whoever asks what it would say.
struct TokenFlags: ParsableArguments {
    @Option(\.anonymous) var anonymous: [RightsEntry]
    @Option(\.tokenFile) var tokenFile: String?
    @Option(\.tokenKey) var tokenKey: [String]
    @Option(\.tokenSecret) var tokenSecret: [String]
    @Option(\.tokenAlgorithm) var tokenAlgorithm: [SignatureAlgorithm]
    @Option(\.tokenIssuer) var tokenIssuer: [String]
    @Option(\.tokenAudience) var tokenAudience: [String]
    @Option(\.tokenLeeway) var tokenLeeway: TimeSpan?
    @Option(\.tokenAllow) var tokenAllow: [RightsEntry]
    @Flag(\.tokenForever) var tokenForever: Bool?
    @Option(\.tokenCookie) var tokenCookie: String?
    @Option(\.revoked) var revoked: String?
}
