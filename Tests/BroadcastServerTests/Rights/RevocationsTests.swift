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
}
