import Testing

@testable import broadcast_server

@Suite struct TokenRulesTests {
    private let now = NumericDate(seconds: 1_800_000_000)!

    private func grant(_ claims: String, _ change: (inout TokenRules) -> Void = { _ in }) throws -> Grant {
        var rules = TokenRules()
        change(&rules)
        let read = try StrictJSON.decode(TokenClaims.self, from: Array(claims.utf8), otherwise: TokenFault.badClaims)
        return try rules.grant(read, at: now)
    }

    @Test func `what a token says is what is granted`() throws {
        let grant = try grant(
            """
            {"sub":"ann@example.com","name":"Ann Lee","jti":"7","iss":"x","iat":1,"exp":1800000010.5,"scope":"openid",
             "channels":{"team":["publish"]}}
            """
        )
        #expect(grant.source == .signed(id: "7"))
        #expect(grant.subject == "ann@example.com")
        #expect(grant.name?.text == "Ann Lee")
        #expect(grant.expiry == NumericDate(seconds: 1_800_000_010.5))
        #expect(grant.rights(in: try #require(ChannelName(checking: "team"))) == .publish)
        #expect(grant.rights(in: .default).isEmpty)
    }

    @Test func `clocks may differ by the leeway`() throws {
        _ = try grant(#"{"exp":1799999971,"nbf":1800000030}"#)
        #expect(throws: TokenFault.expired) { try grant(#"{"exp":1799999970}"#) }
        #expect(throws: TokenFault.notYetValid) { try grant(#"{"exp":1800000099,"nbf":1800000031}"#) }
        #expect(throws: TokenFault.expired) { try grant(#"{"exp":1800000000}"#) { $0.leeway = .zero } }
        _ = try grant(#"{"exp":1800000000.001,"nbf":1800000000}"#) { $0.leeway = .zero }
    }

    @Test func `one that never expires is accepted if that is wanted`() throws {
        #expect(throws: TokenFault.noExpiry) { try grant("{}") }
        #expect(try grant("{}") { $0.requiresExpiry = false }.expiry == nil)
        #expect(throws: TokenFault.expired) { try grant(#"{"exp":1}"#) { $0.requiresExpiry = false } }
    }

    @Test func `one that says for whom it is needs somebody who it is for`() throws {
        let claims = #"{"exp":1800000099,"aud":["a","b"]}"#
        #expect(throws: TokenFault.foreignAudience) { try grant(claims) }
        #expect(throws: TokenFault.foreignAudience) { try grant(claims) { $0.audiences = ["c"] } }
        _ = try grant(claims) { $0.audiences = ["b", "c"] }
        #expect(throws: TokenFault.foreignAudience) { try grant(#"{"exp":1800000099}"#) { $0.audiences = ["a"] } }
    }

    @Test func `what a token may that names no channels is a setting`() throws {
        #expect(try grant(#"{"exp":1800000099}"#).rights == .none)
        #expect(try grant(#"{"exp":1800000099}"#) { $0.rightsWithoutClaim = .open }.rights == .open)
        #expect(try grant(#"{"exp":1800000099,"channels":[]}"#) { $0.rightsWithoutClaim = .open }.rights == .none)
    }
}
