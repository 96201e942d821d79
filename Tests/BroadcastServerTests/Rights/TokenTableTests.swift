import Testing

@testable import broadcast_server

@Suite struct TokenTableTests {
    private static let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    private static let other = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private func table(_ text: String) throws -> TokenTable { try TokenTable(WordLines(text), "tokens") }

    @Test func `a line gives a token its rights and its name`() throws {
        let table = try table(
            """
            # name  token  channels

              ci\t\(Self.digest)  ci.*=publish,history   news \r
            #ann \(Self.other)
            ann \(Self.other.uppercased())
            """
        )
        #expect(table.count == 2)
        let ci = try #require(table[SHA256Digest(of: "abc".utf8)])
        #expect(ci.source == .file(SHA256Digest(of: "abc".utf8)))
        #expect(ci.subject == "ci")
        #expect(ci.name?.text == "ci")
        #expect(ci.expiry == nil)
        #expect(ci.rights(in: try #require(ChannelName(checking: "ci.build"))) == [.publish, .history])
        #expect(ci.rights(in: try #require(ChannelName(checking: "news"))) == .member)
        #expect(ci.rights(in: .default).isEmpty)
        #expect(table[SHA256Digest(of: "".utf8)]?.rights == Rights.none)
        #expect(table[SHA256Digest(of: "abd".utf8)] == nil)
    }

    @Test func `two tokens may have one name, while one is exchanged`() throws {
        #expect(try table("ci \(Self.digest)\nci \(Self.other)").count == 2)
    }

    @Test(arguments: [
        ("ci", 1, "64 hexadecimal digits"), ("\n\nci abc", 3, "64 hexadecimal digits"),
        ("ci: \(digest)", 1, "no colon"), ("you \(digest)", 1, "who reads"),
        ("ci \(digest) te*m", 1, "\"te*m\" is no channel"), ("ci \(digest) team=write", 1, "\"write\" is no right"),
        ("ci \(digest) team =publish", 1, "is no channel"),
        ("ci \(digest)\n# again\nann \(digest)", 3, "in line 1 already"),
    ])
    func `a line that is none says where, and why`(text: String, line: Int, hint: String) throws {
        let faults = #expect(throws: FileFaults.self) { try table(text) }
        let fault = try #require(faults?.faults.first)
        #expect(fault.line == line)
        #expect("\(fault)".hasPrefix("tokens:\(line): "))
        #expect(fault.explanation.contains(hint), "\(fault)")
    }

    @Test func `all lines that are none are told, as far as there are not too many`() {
        let faults = #expect(throws: FileFaults.self) { try table("a\nb \(Self.digest)\nc\n") }
        #expect(faults?.faults.map(\.line) == [1, 3])
        let many = #expect(throws: FileFaults.self) { try table(String(repeating: "a\n", count: 1_000)) }
        #expect(many?.faults.count == FileFaults.maximumCount)
    }

    @Test func `a new token is found by its line`() throws {
        var generator = SystemRandomNumberGenerator()
        let token = NewToken(using: &generator)
        let line = TokenLine(
            name: try MemberName("ci"),
            digest: token.digest,
            entries: [try RightsEntry("ci.*=publish,history"), try RightsEntry("/")]
        )
        let table = try table("\(line)\n")
        let grant = try #require(table[SHA256Digest(of: token.text.utf8)])
        #expect(grant == line.grant)
        #expect(grant.rights(in: .default) == .member)
    }

    @Test func `new tokens differ, and are of characters that need no quoting anywhere`() {
        let tokens = (0..<100).map { _ in NewToken.random().text }
        #expect(Set(tokens).count == 100)
        for token in tokens {
            #expect(token.hasPrefix("broadcast_"))
            #expect(token.utf8.count == 53)
            #expect(
                token.utf8.allSatisfy { $0 < 0x80 }
                    && token.allSatisfy { $0.isLetter || $0.isNumber || "-_".contains($0) }
            )
        }
    }
}
