import Testing

@testable import broadcast_server

@Suite struct EnvelopeTests {
    @Test(arguments: ["Client 135847", "ann 👋"])
    func `before a text stands the name of its sender`(name: String) {
        #expect(Envelope.text.prefix(for: name) == "\(name): ")
    }

    @Test func `without an envelope nothing stands before it`() {
        #expect(Envelope.none.prefix(for: "ann").isEmpty)
    }

    @Test func `the longest prefix is within the bound that clients reckon with`() throws {
        var names = NameRegister()
        let longest = try MemberName(String(repeating: "👋", count: MemberName.maximumBytes / 4))
        for number in 1...UInt64(NameRegister.maximumAlike) {
            let claimed = names.claim(longest, for: ClientID(number: number))
            let name = try #require(claimed)
            #expect(Envelope.text.prefix(for: name).utf8.count <= Defaults.maximumPrefixBytes)
        }
        let unnamed = Envelope.text.prefix(for: "Client \(UInt64.max)")
        #expect(unnamed.utf8.count <= Defaults.maximumPrefixBytes)
    }
}
