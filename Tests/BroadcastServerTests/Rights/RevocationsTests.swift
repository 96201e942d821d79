import Glibc
import Testing

@testable import broadcast_server

@Suite struct RevocationsTests {
    private func signed(_ id: String?, _ subject: String?) -> Grant {
        Grant(source: .signed(id: id), subject: subject, rights: .none)
    }

    @Test func `a file revokes tokens and subjects`() throws {
        let revocations = try Revocations(WordLines("# lost\njti 3f2a\n\n sub  Ann Lee \t\nsub #7\n"), "revoked")
        #expect(revocations.count == 3)
        #expect(revocations.cover(signed("3f2a", nil)))
        #expect(revocations.cover(signed("other", "Ann Lee")))
        #expect(revocations.cover(signed(nil, "#7")))
        #expect(!revocations.cover(signed("3F2A", "3f2a")))
        #expect(!revocations.cover(signed("Ann Lee", "ann")))
        #expect(!revocations.cover(signed(nil, nil)))
    }

    @Test func `a subject of the token file is revoked like any other`() {
        var revocations = Revocations()
        let grant = Grant(source: .file(SHA256Digest(of: [])), subject: "ci", rights: .none)
        #expect(!revocations.cover(grant))
        let isIn = revocations.insert(.subject("ci"))
        #expect(isIn && revocations.cover(grant))
    }

    @Test(arguments: ["jti", "sub ", "subject ann", "ann", "SUB ann", "jti \(String(repeating: "x", count: 256))"])
    func `a line that is none says where`(line: String) {
        let faults = #expect(throws: FileFaults.self) { try Revocations(WordLines("# a\n\(line)\n"), "revoked") }
        #expect(faults?.faults.map(\.line) == [2])
    }

    @Test func `there is a bound`() throws {
        var revocations = Revocations()
        var taken = 0
        for number in 0..<Revocations.maximumCount + 1 where revocations.insert(.token("\(number)")) { taken += 1 }
        let isThere = revocations.insert(.token("0"))
        #expect(taken == Revocations.maximumCount && isThere)
        #expect(revocations.count == Revocations.maximumCount)
    }

    @Test func `a line that is added stands by itself, whatever stands before it`() throws {
        let directory = try TestDirectory()
        let file = RevocationFile(path: try directory.file("revoked", "sub ann"))
        try file.append(.token("3f2a"))
        try file.append(.token("\u{301}x"))
        let revocations = try Revocations(path: file.path)
        #expect(revocations.cover(signed(nil, "ann")) && revocations.cover(signed("3f2a", nil)))
        #expect(revocations.cover(signed("\u{301}x", nil)) && revocations.count == 3)
    }

    // MARK: While the process runs

    private static func policy(_ revocations: [Revocations.Entry] = []) -> AccessPolicy {
        var policy = AccessPolicy()
        policy.expectsTokens = true
        policy.revocations.add(revocations)
        return policy
    }

    private func isRevoked(_ subject: String, by access: AccessControl) -> Bool {
        access.doorkeeper.policy.revocations.cover(signed(nil, subject))
    }

    @Test func `what was revoked holds for every server of the process`() async throws {
        let standing = StandingRevocations()
        let access = AccessControl(Self.policy(), standing: standing)
        #expect(await access.revoke(.subject("ann")) == .inMemory)
        #expect(isRevoked("ann", by: AccessControl(Self.policy(), standing: standing)))
        access.replace(Self.policy(), revocationFile: nil, forgetting: standing.written)
        #expect(isRevoked("ann", by: access))
    }

    @Test func `what was written down while files were read holds on, and a file that is read later decides`()
        async throws
    {
        let directory = try TestDirectory()
        let file = RevocationFile(path: try directory.file("revoked", ""))
        let standing = StandingRevocations()
        let access = AccessControl(Self.policy(), revocationFile: file, standing: standing)
        // The file is read, and then it comes.
        let (written, policy) = (standing.written, Self.policy())
        #expect(await access.revoke(.subject("ann")) == .inFile(file.path))
        access.replace(policy, revocationFile: file, forgetting: written)
        #expect(isRevoked("ann", by: access))
        // Somebody has taken it out.
        access.replace(Self.policy(), revocationFile: file, forgetting: standing.written)
        #expect(!isRevoked("ann", by: access))
    }

    @Test func `what is revoked once more while a file is read without it holds on`() async throws {
        let directory = try TestDirectory()
        let file = RevocationFile(path: try directory.file("revoked", ""))
        let standing = StandingRevocations()
        let access = AccessControl(Self.policy(), revocationFile: file, standing: standing)
        #expect(await access.revoke(.subject("ann")) == .inFile(file.path))
        // Somebody has taken it out, and the file is read; then it comes again.
        let (written, policy) = (standing.written, Self.policy())
        #expect(await access.revoke(.subject("ann")) == .inFile(file.path))
        access.replace(policy, revocationFile: file, forgetting: written)
        #expect(isRevoked("ann", by: access))
    }

    @Test func `a file that is full stays one that can be read`() async throws {
        let directory = try TestDirectory()
        let lines = (0..<Revocations.maximumCount).map { "jti \($0)\n" }.joined()
        let file = RevocationFile(path: try directory.file("revoked", lines))
        var policy = Self.policy()
        policy.revocations = try Revocations(path: file.path)
        let access = AccessControl(policy, revocationFile: file)
        #expect(await access.revoke(.subject("ann")) == .notWritten(file.path, SystemError(EFBIG)))
        #expect(isRevoked("ann", by: access))
        #expect(try Revocations(path: file.path).count == Revocations.maximumCount)
    }

    @Test func `what is revoked holds beside a file that is full`() async throws {
        let full = Self.policy((0..<Revocations.maximumCount).map { .token("\($0)") })
        let access = AccessControl(full)
        #expect(await access.revoke(.subject("ann")) == .inMemory)
        access.replace(full, revocationFile: nil)
        #expect(isRevoked("ann", by: access))
    }
}
