import Foundation
import Testing

@testable import broadcast_server

/// docs/rights.md says what is.
@Suite struct RightsPageTests {
    private let page: String

    init() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        page = try contents(of: "/\(root)/docs/rights.md")
    }

    /// What stands between the fences of a language.
    private func block(_ language: String) throws -> String {
        let parts = page.components(separatedBy: "```\(language)\n")
        try #require(parts.count == 2)
        return parts[1].components(separatedBy: "```")[0]
    }

    /// The words in the first column of the table that has this head.
    private func words(_ head: String) throws -> [String] {
        let table = try #require(page.components(separatedBy: "\n| \(head) |").dropFirst().first)
        let rows = table.components(separatedBy: "\n\n")[0].split(separator: "\n").dropFirst(2)
        return rows.flatMap { row in
            row.split(separator: "|")[0].split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map {
                String($0.1)
            }
        }
    }

    @Test func `all rights stand there, and no others`() throws {
        #expect(try words("word").joined(separator: ", ") == ChannelRights.allWords)
    }

    @Test func `all forms of channels that stand there are some`() throws {
        for form in try words("form") { #expect(ChannelPattern(form)?.description == form) }
    }

    @Test func `the token file and the revocations can be used`() throws {
        let tokens = try TokenTable(WordLines(block("tokens")), "page")
        #expect(tokens.count == 3)
        #expect(try Revocations(WordLines(block("revoked")), "page").count == 2)
    }

    @Test func `the example of a token is one, and all its claims are in the table`() throws {
        let claims = try StrictJSON.decode(
            TokenClaims.self,
            from: Array(block("json").utf8),
            otherwise: TokenFault.badClaims
        )
        #expect(claims.rights?.list.count == 2)
        #expect(claims.name?.text == "Ann Lee")
        let known = try words("claim")
        #expect(Set(known) == ["channels", "sub", "name", "exp", "nbf", "iss", "aud", "jti"])
    }

    @Test func `all reasons for a refusal stand there, and no others`() throws {
        let all: [TokenFault] = [
            .tooLong, .malformed, .badHeader, .critical, .unknownAlgorithm, .refusedAlgorithm, .unknownKey,
            .badSignature,
            .badClaims, .badClaim(.sub), .badRights(.badForm), .noExpiry, .expired, .notYetValid, .foreignIssuer,
            .foreignAudience, .revoked, .unknown, .busy,
        ]
        #expect(try words("code") == all.map(\.code))
    }

    @Test func `all algorithms stand there`() throws {
        for algorithm in SignatureAlgorithm.allCases { #expect(page.contains(algorithm.rawValue)) }
    }
}
