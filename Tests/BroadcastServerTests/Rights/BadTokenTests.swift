import Testing

@testable import broadcast_server

/// Tokens that must not be accepted, each with its answer.
@Suite struct BadTokenTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        let why: String
        let token: String
        let fault: TokenFault

        var testDescription: String { why }
    }

    static let secret = Array("a secret of more than thirty-two bytes".utf8)
    static let now = NumericDate(seconds: 1_800_000_000)!
    static let rules: TokenRules = {
        var rules = TokenRules()
        rules.algorithms = [.hs256, .rs256, .es256]
        rules.issuers = ["https://issuer.example"]
        rules.audiences = ["chat", "chat-2"]
        return rules
    }()

    static func keys() throws -> KeySet {
        try KeySet(
            [VerificationKey(SecretKey(secret), id: "s"), VerificationKey(SecretKey(secret + [1]), id: "t")]
                + PEMKeys.keys(Array(SignedTokens.publicKeys.utf8), "keys")
        )
    }

    /// A token of these parts, signed rightly with the secret.
    static func token(_ header: String = #"{"alg":"HS256","kid":"s"}"#, _ claims: String = good) -> String {
        let signed = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(claims.utf8))"
        let code = SecretKey(secret).code(of: Array(signed.utf8), .sha256)
        return "\(signed).\(Base64URL.encode(code))"
    }

    /// The claims of a token that is accepted, with further ones.
    static func claims(_ more: String) -> String { good.dropLast() + "," + more + "}" }

    static func token(claims more: String) -> String { token(claims: Self.claims(more), ()) }
    private static func token(claims: String, _: Void) -> String { token(#"{"alg":"HS256","kid":"s"}"#, claims) }

    /// Without some of the claims.
    static func token(only claims: String) -> String { token(claims: "{\(claims)}", ()) }

    static let iss = #""iss":"https://issuer.example""#
    static let aud = #""aud":"chat""#
    static let exp = #""exp":1800000100"#
    static let good = "{\(iss),\(aud),\(exp)}"

    static let form: [Bad] = [
        Bad(why: "nothing", token: "", fault: .malformed),
        Bad(why: "one part", token: "abc", fault: .malformed),
        Bad(why: "two parts", token: "e30.e30", fault: .malformed),
        Bad(why: "four parts", token: token() + ".e30", fault: .malformed),
        Bad(why: "five parts, as what is encrypted has", token: "e30.e30.e30.e30.e30", fault: .malformed),
        Bad(why: "empty parts", token: "..", fault: .badHeader),
        Bad(why: "no header", token: token().drop { $0 != "." }.description, fault: .badHeader),
        Bad(why: "padding", token: token() + "=", fault: .malformed),
        Bad(why: "a space before it", token: " " + token(), fault: .malformed),
        Bad(why: "a line break behind it", token: token() + "\n", fault: .malformed),
        Bad(why: "characters of plain base64", token: "e30.e3+/." + "AAAA", fault: .malformed),
        Bad(why: "bits that are left over", token: "e31.e30.AAAA", fault: .malformed),
        Bad(why: "a character that is no digit", token: "e30.e30.é", fault: .malformed),
        Bad(why: "a NUL", token: "e30.e30\0.AAAA", fault: .malformed),
        Bad(why: "Bearer before it", token: "Bearer " + token(), fault: .malformed),
        Bad(
            why: "too many bytes",
            token: token(claims: "\"x\":\"\(String(repeating: "x", count: 8_192))\""),
            fault: .tooLong
        ),
    ]

    static let headers: [Bad] = [
        Bad(why: "a header that is no JSON", token: token("alg"), fault: .badHeader),
        Bad(why: "a header that is a list", token: token(#"["HS256"]"#), fault: .badHeader),
        Bad(why: "a header without alg", token: token(#"{"kid":"s"}"#), fault: .badHeader),
        Bad(why: "an alg that is no text", token: token(#"{"alg":256,"kid":"s"}"#), fault: .badHeader),
        Bad(why: "alg null", token: token(#"{"alg":null,"kid":"s"}"#), fault: .badHeader),
        Bad(why: "alg twice", token: token(#"{"alg":"HS256","alg":"none","kid":"s"}"#), fault: .badHeader),
        Bad(why: "alg twice, once escaped", token: token(#"{"alg":"HS256","\u0061lg":"HS256"}"#), fault: .badHeader),
        Bad(why: "a header with something behind it", token: token(#"{"alg":"HS256"}{}"#), fault: .badHeader),
        Bad(why: "a byte order mark", token: token("\u{FEFF}{\"alg\":\"HS256\"}"), fault: .badHeader),
        Bad(why: "a kid that is no text", token: token(#"{"alg":"HS256","kid":1}"#), fault: .badHeader),
        Bad(why: "alg none", token: token(#"{"alg":"none","kid":"s"}"#), fault: .unknownAlgorithm),
        Bad(why: "alg None", token: token(#"{"alg":"None"}"#), fault: .unknownAlgorithm),
        Bad(
            why: "alg none without a signature",
            token: "\(Base64URL.encode(#"{"alg":"none"}"#.utf8)).\(Base64URL.encode(good.utf8)).",
            fault: .unknownAlgorithm
        ),
        Bad(why: "alg in small letters", token: token(#"{"alg":"hs256","kid":"s"}"#), fault: .unknownAlgorithm),
        Bad(why: "an alg of encryption", token: token(#"{"alg":"RSA-OAEP"}"#), fault: .unknownAlgorithm),
        Bad(why: "an alg of another curve", token: token(#"{"alg":"ES256K"}"#), fault: .unknownAlgorithm),
        Bad(why: "crit", token: token(#"{"alg":"HS256","kid":"s","crit":["exp"]}"#), fault: .critical),
        Bad(why: "an empty crit", token: token(#"{"alg":"HS256","kid":"s","crit":[]}"#), fault: .critical),
        Bad(
            why: "a payload that is not encoded",
            token: token(#"{"alg":"HS256","kid":"s","b64":false,"crit":["b64"]}"#),
            fault: .critical
        ),
        Bad(why: "an alg that is not allowed", token: token(#"{"alg":"HS512","kid":"s"}"#), fault: .refusedAlgorithm),
        Bad(why: "EdDSA, which is not allowed", token: token(#"{"alg":"EdDSA"}"#), fault: .refusedAlgorithm),
        Bad(why: "a kid that no secret has", token: token(#"{"alg":"HS256","kid":"u"}"#), fault: .unknownKey),
        Bad(why: "an empty kid", token: token(#"{"alg":"HS256","kid":""}"#), fault: .unknownKey),
        Bad(
            why: "the kid of a secret for a pair's alg",
            token: token(#"{"alg":"RS256","kid":"s"}"#),
            fault: .unknownKey
        ),
    ]

    static let signatures: [Bad] = [
        Bad(why: "the kid of another secret", token: token(#"{"alg":"HS256","kid":"t"}"#), fault: .badSignature),
        Bad(why: "a secret's signature for RS256", token: token(#"{"alg":"RS256"}"#), fault: .badSignature),
        Bad(why: "a secret's signature for ES256", token: token(#"{"alg":"ES256"}"#), fault: .badSignature),
        Bad(
            why: "no signature",
            token: token().split(separator: ".").prefix(2).joined(separator: ".") + ".",
            fault: .badSignature
        ),
        Bad(
            why: "a public key that is taken for a secret",
            token: {
                let signed = "\(Base64URL.encode(#"{"alg":"HS256"}"#.utf8)).\(Base64URL.encode(good.utf8))"
                let key = SecretKey(Array(SignedTokens.publicKeys.utf8))
                return "\(signed).\(Base64URL.encode(key.code(of: Array(signed.utf8), .sha256)))"
            }(),
            fault: .badSignature
        ),
        Bad(
            why: "claims that were changed",
            token: {
                var parts = token().split(separator: ".").map(String.init)
                parts[1] = Base64URL.encode(claims(#""sub":"root""#).utf8)
                return parts.joined(separator: ".")
            }(),
            fault: .badSignature
        ),
        Bad(
            why: "a key that it brings along",
            token: token(#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"kid":"t"}"#),
            fault: .badSignature
        ),
    ]

    static let claims: [Bad] = [
        Bad(why: "claims that are no JSON", token: token(claims: "exp", ()), fault: .badClaims),
        Bad(why: "claims that are a list", token: token(claims: "[]", ()), fault: .badClaims),
        Bad(why: "a claim twice", token: token(claims: #""exp":1900000000"#), fault: .badClaims),
        Bad(why: "a member twice, deep", token: token(claims: #""x":[{"a":1,"a":2}]"#), fault: .badClaims),
        Bad(
            why: "claims that are deeper than anybody needs",
            token: token(claims: "\"x\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)),
            fault: .badClaims
        ),
        Bad(why: "no exp", token: token(only: "\(iss),\(aud)"), fault: .noExpiry),
        Bad(why: "exp as text", token: token(only: "\(iss),\(aud),\"exp\":\"1800000100\""), fault: .badClaim(.exp)),
        Bad(why: "exp null", token: token(only: "\(iss),\(aud),\"exp\":null"), fault: .badClaim(.exp)),
        Bad(why: "exp true", token: token(only: "\(iss),\(aud),\"exp\":true"), fault: .badClaim(.exp)),
        Bad(
            why: "exp in milliseconds",
            token: token(only: "\(iss),\(aud),\"exp\":1800000100000"),
            fault: .badClaim(.exp)
        ),
        Bad(why: "exp of 1e300", token: token(only: "\(iss),\(aud),\"exp\":1e300"), fault: .badClaim(.exp)),
        Bad(why: "exp of 1e400", token: token(only: "\(iss),\(aud),\"exp\":1e400"), fault: .badClaim(.exp)),
        Bad(
            why: "expired, and the leeway is over",
            token: token(only: "\(iss),\(aud),\"exp\":1799999970"),
            fault: .expired
        ),
        Bad(why: "expired before 1970", token: token(only: "\(iss),\(aud),\"exp\":-1"), fault: .expired),
        Bad(why: "for later", token: token(claims: #""nbf":1800000030.5"#), fault: .notYetValid),
        Bad(why: "nbf as a list", token: token(claims: #""nbf":[1]"#), fault: .badClaim(.nbf)),
        Bad(why: "iat as text", token: token(claims: #""iat":"now""#), fault: .badClaim(.iat)),
        Bad(why: "no iss", token: token(only: "\(aud),\(exp)"), fault: .foreignIssuer),
        Bad(
            why: "another iss",
            token: token(only: "\(aud),\(exp),\"iss\":\"https://issuer.example/\""),
            fault: .foreignIssuer
        ),
        Bad(why: "an empty iss", token: token(only: "\(aud),\(exp),\"iss\":\"\""), fault: .badClaim(.iss)),
        Bad(why: "no aud", token: token(only: "\(iss),\(exp)"), fault: .foreignAudience),
        Bad(why: "another aud", token: token(only: "\(iss),\(exp),\"aud\":\"Chat\""), fault: .foreignAudience),
        Bad(
            why: "a list of others",
            token: token(only: "\(iss),\(exp),\"aud\":[\"a\",\"b\"]"),
            fault: .foreignAudience
        ),
        Bad(why: "an empty list", token: token(only: "\(iss),\(exp),\"aud\":[]"), fault: .foreignAudience),
        Bad(why: "aud as a number", token: token(only: "\(iss),\(exp),\"aud\":1"), fault: .badClaim(.aud)),
        Bad(why: "sub as a number", token: token(claims: #""sub":7"#), fault: .badClaim(.sub)),
        Bad(why: "an empty sub", token: token(claims: #""sub":"""#), fault: .badClaim(.sub)),
        Bad(why: "sub with a line break", token: token(claims: #""sub":"a\nb""#), fault: .badClaim(.sub)),
        Bad(
            why: "a sub that is too long",
            token: token(claims: "\"sub\":\"\(String(repeating: "x", count: 256))\""),
            fault: .badClaim(.sub)
        ),
        Bad(why: "jti as a number", token: token(claims: #""jti":7"#), fault: .badClaim(.jti)),
        Bad(why: "a name that the server gives", token: token(claims: #""name":"Client 5""#), fault: .badClaim(.name)),
        Bad(why: "a name with a colon", token: token(claims: #""name":"a: b""#), fault: .badClaim(.name)),
        Bad(why: "an empty name", token: token(claims: #""name":"""#), fault: .badClaim(.name)),
        Bad(why: "channels as text", token: token(claims: #""channels":"*""#), fault: .badRights(.badForm)),
        Bad(why: "channels null", token: token(claims: #""channels":null"#), fault: .badRights(.badForm)),
        Bad(
            why: "a star in the middle",
            token: token(claims: #""channels":["team","te*m"]"#),
            fault: .badRights(.badPattern("te*m"))
        ),
        Bad(
            why: "a right that is none",
            token: token(claims: #""channels":{"team":["subscribe","write"]}"#),
            fault: .badRights(.badRight("write"))
        ),
    ]

    @Test(arguments: form + headers + signatures + claims)
    func `a bad token has its answer`(bad: Bad) throws {
        var policy = AccessPolicy(keys: try Self.keys(), rules: Self.rules)
        policy.anonymous = .none
        #expect(throws: bad.fault) { try policy.grant(bad.token, at: Self.now) }
        #expect(!bad.fault.description.isEmpty)
    }

    @Test func `the one that all others are like is accepted`() throws {
        let policy = AccessPolicy(keys: try Self.keys(), rules: Self.rules, anonymous: .none)
        var grant = try policy.grant(Self.token(), at: Self.now)
        #expect(grant.evidence?.hasRights == false)
        grant = grant.with { $0.evidence = nil }
        #expect(grant == Grant(source: .signed(id: nil), rights: .none, expiry: NumericDate(seconds: 1_800_000_100)))
    }
}
