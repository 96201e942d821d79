import Foundation
import Testing

@testable import broadcast_server

/// `token` and `check-token`.
@Suite(.timeLimit(.minutes(1))) struct TokenTests {
    private struct Made: Decodable {
        let line, name, token: String
    }

    private struct Report: Decodable {
        let accepted: Bool
        let code, detail, subject, name: String?
        let expires: Int?
        let channels: [String: [String]]?
    }

    private func decoded<Value: Decodable>(_: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    private static let rsaToken = SignedTokens.byAlgorithm[0].token

    @Test func `a new token is accepted with its line in the file`() async throws {
        let directory = try TestDirectory()
        let maker = try RunningProgram(
            ["token", "ci", "--allow", "ci.*=publish,history", "--allow", "news"],
            input: ""
        )
        #expect(try await maker.exitCode() == 0)
        let (line, token) = (maker.output, maker.error)
        #expect(line.hasPrefix("ci ") && line.hasSuffix(" ci.*=publish,history news\n"))
        #expect(!line.contains(token.dropLast()))
        let file = try directory.file("tokens", "# name, token, channels\n\(line)")
        let checker = try RunningProgram(["check-token", "--token-file", file, "--json"], input: token)
        #expect(try await checker.exitCode() == 0)
        let report = try decoded(Report.self, checker.output)
        #expect(report.accepted && report.subject == "ci" && report.name == "ci" && report.expires == nil)
        #expect(report.channels?["ci.*"] == ["publish", "history"])
        #expect(report.channels?["news"] == ["subscribe", "publish", "presence", "history"])
        #expect(checker.error == "")
    }

    @Test func `for programs a new token is one object`() async throws {
        let program = try RunningProgram(["token", "ann", "--json"], input: "")
        #expect(try await program.exitCode() == 0)
        let made = try decoded(Made.self, program.output)
        #expect(made.name == "ann")
        #expect(made.line == "ann \(SHA256Digest(of: made.token.utf8).hex)")
        #expect(program.error == "")
    }

    @Test func `a token that was signed is accepted with the key`() async throws {
        let directory = try TestDirectory()
        let keys = try directory.file("keys", SignedTokens.publicKeys)
        let token = try directory.file("token", "\n\(Self.rsaToken)\n")
        let program = try RunningProgram(
            ["check-token", "--token-key", keys, "--token-allow", "team", token],
            input: ""
        )
        #expect(try await program.exitCode() == 0)
        #expect(program.output.hasPrefix("accepted\nsubject: ann\nexpires: in "))
        #expect(program.output.hasSuffix("s\nteam: subscribe, publish, presence, history\n"))
    }

    @Test func `one that is not accepted is told why, and nothing of it is shown`() async throws {
        let directory = try TestDirectory()
        let keys = try directory.file("keys", SignedTokens.publicKeys)
        let revoked = try directory.file("revoked", "sub ann\n")
        let flags: [([String], String)] = [
            (["--token-key", keys, "--token-audience", "chat"], "foreign-audience"),
            (["--token-key", keys, "--token-issuer", "https://issuer.example"], "foreign-issuer"),
            (["--token-key", keys, "--token-algorithm", "ES256"], "refused-algorithm"),
            (["--token-key", keys, "--revoked", revoked], "revoked"),
            (["--token-file", revoked.replacing("revoked", with: "empty")], "unknown"),
        ]
        _ = try directory.file("empty", "")
        for (flags, code) in flags {
            let program = try RunningProgram(["check-token", "--json"] + flags, input: Self.rsaToken)
            #expect(try await program.exitCode() == ExitCode.expectationFailed.rawValue)
            let report = try decoded(Report.self, program.output)
            #expect(!report.accepted && report.code == code && report.detail?.isEmpty == false)
            for part in Self.rsaToken.split(separator: ".") { #expect(!program.output.contains(part)) }
        }
    }

    @Test func `a file that cannot be used is named, with its line`() async throws {
        let directory = try TestDirectory()
        let file = try directory.file("tokens", "# mine\nci abc\nann\n")
        let program = try RunningProgram(["check-token", "--token-file", file], input: "x")
        #expect(try await program.exitCode() == ExitCode.badInput.rawValue)
        #expect(program.error.hasPrefix("Error: \(file):2: "))
        #expect(program.error.hasSuffix("(And 1 more.)\n"))
    }
}
