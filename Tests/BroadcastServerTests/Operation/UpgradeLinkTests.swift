import Testing

@testable import broadcast_server

/// What two processes say to each other while one takes the place of the other.
@Suite struct UpgradeLinkTests {
    @Test(arguments: [
        UpgradeLink.Word.ready, .failed("The port: \"x\" is none."), .go(connections: 0), .go(connections: 5_000),
    ])
    func `each word comes as it was said`(word: UpgradeLink.Word) throws {
        let (one, other) = try UpgradeLink.pair()
        #expect(one.say(word))
        #expect(other.hear(within: .seconds(10)) == word)
        one.close()
        #expect(other.hear(within: .seconds(10)) == nil)
        #expect(!other.say(.ready))
        other.close()
    }

    @Test(arguments: ["", "go", "go x", "go -1", "ready now", "stop"])
    func `anything else is no word`(text: String) {
        #expect(UpgradeLink.Word(text: text) == nil)
    }
}
