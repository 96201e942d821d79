import Testing

@testable import broadcast_server

@Suite struct GoalsTests {
    private func verdicts(_ texts: [String], count: Int? = nil, pattern: String? = nil) -> [Goals.Verdict] {
        var goals = Goals(Goals.Settings(count: count, pattern: pattern))
        return texts.map { goals.observe($0) }
    }

    @Test func `without a goal nothing is ever reached`() {
        #expect(verdicts(["a", "b"]) == [.open, .open])
        #expect(Goals.Settings().isEmpty)
    }

    @Test func `a number of messages is reached with the last of them`() {
        #expect(verdicts(["a", "b"], count: 2) == [.open, .reached])
    }

    @Test func `a pattern is reached with the first message that has a match anywhere`() {
        #expect(verdicts(["ann: ping", "bob: pong!"], pattern: "po.g") == [.open, .reached])
    }

    @Test func `a pattern is missed when so many messages have no match`() {
        #expect(verdicts(["a", "b"], count: 2, pattern: "c") == [.open, .missed])
        #expect(verdicts(["a", "c"], count: 2, pattern: "c") == [.open, .reached])
    }

    @Test func `a pattern that is none is refused with advice`() {
        let failure = #expect(throws: Failure.self) { try Goals.Settings(count: nil, pattern: "(").validate() }
        #expect(failure?.code == .usage)
    }
}
