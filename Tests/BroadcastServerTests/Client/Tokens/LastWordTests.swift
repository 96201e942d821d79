import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct LastWordTests {
    private static let expired = Problem(.tokenExpired, "The token has expired.")
    private static let forbidden = Problem(.forbidden, "Not here.")

    @Test func `what the close says, too, is told once`() async {
        let word = LastWord()
        #expect(await word.keep(Self.expired) == nil)
        #expect(await word.take(closedFor: "The token has expired.") == nil)
        #expect(await word.take(closedFor: "") == nil)
    }

    @Test(arguments: ["", "Something else."])
    func `what it does not say is told`(reason: String) async {
        let word = LastWord()
        #expect(await word.keep(Self.forbidden) == nil)
        #expect(await word.keep(Self.expired) == Self.forbidden)
        #expect(await word.take(closedFor: reason) == Self.expired)
    }

    @Test func `what no close follows is told after a while`() async {
        let word = LastWord()
        let next = Task { await word.next() }
        #expect(await word.keep(Self.forbidden) == nil)
        #expect(await next.value == Self.forbidden)
        #expect(await word.take(closedFor: "") == nil)
    }

    @Test func `it is about who may enter`() {
        #expect(Self.expired.mayBeLast && Problem(.noToken, "").mayBeLast && Problem(.badToken, "").mayBeLast)
        #expect(!Problem(.badName, "").mayBeLast && !Problem(.forbidden, "", key: "a").mayBeLast)
    }
}
