import Testing

@testable import broadcast_server

@Suite struct GoalsTests {
    private func verdicts(
        _ texts: [String],
        count: Int? = nil,
        pattern: String? = nil
    ) async throws -> [Goals.Verdict] {
        var goals = try Goals(Goals.Settings(count: count, pattern: pattern))
        var verdicts: [Goals.Verdict] = []
        for text in texts { verdicts.append(await goals.observe(text)) }
        return verdicts
    }

    @Test func `without a goal nothing is ever reached`() async throws {
        #expect(try await verdicts(["a", "b"]) == [.open, .open])
        #expect(Goals.Settings().isEmpty)
    }

    @Test func `a number of messages is reached with the last of them`() async throws {
        #expect(try await verdicts(["a", "b"], count: 2) == [.open, .reached])
    }

    @Test func `a pattern is reached with the first message that has a match anywhere`() async throws {
        #expect(try await verdicts(["ann: ping", "bob: pong!"], pattern: "po.g") == [.open, .reached])
    }

    @Test func `a pattern is missed when so many messages have no match`() async throws {
        #expect(try await verdicts(["a", "b"], count: 2, pattern: "c") == [.open, .missed])
        #expect(try await verdicts(["a", "c"], count: 2, pattern: "c") == [.open, .reached])
    }

    @Test func `a search that takes too long is given up, and told`() async throws {
        let text = String(repeating: "a", count: 35) + "!"
        #expect(try await verdicts([text], pattern: "(a+)+$") == [.undecidable])
    }

    @Test(.timeLimit(.minutes(1))) func `a search that takes too long ends with its task`() async throws {
        let search = try PatternSearch("(a+)+$")
        let text = String(repeating: "a", count: 60) + "!"
        let task = Task { await search.find(in: text, atMost: .seconds(1 << 32)) }
        task.cancel()
        #expect(await task.value == .givenUp)
    }

    @Test func `a pattern that is none is refused with advice`() {
        let failure = #expect(throws: Failure.self) { try Goals.Settings(count: nil, pattern: "(").validate() }
        #expect(failure?.code == .usage)
    }
}
