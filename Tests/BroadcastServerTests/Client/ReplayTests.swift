import Testing

@testable import broadcast_server

@Suite struct ReplayTests {
    private let message = ServerObject.message(
        ChatMessage(id: "1.1", from: Member(id: ClientID(number: 1), name: "ann"), time: 1, text: "hi")
    )

    /// Which of the objects ends a replay.
    private func ends(of objects: [ServerObject], isAskedFor: Bool = true) -> [Int] {
        var replay = Replay(isAskedFor: isAskedFor)
        return objects.indices.filter { replay.ends(with: objects[$0]) }
    }

    @Test func `the position behind the first messages ends a replay, once`() {
        let gap = ServerObject.gap(Gap(to: "1.0", reason: .expired))
        #expect(ends(of: [gap, message, .position("1.1"), message, .position("1.2")]) == [2])
    }

    @Test func `a replay of nothing has no end to tell of`() {
        #expect(ends(of: [.position("1.1"), message, .position("1.2")]) == [])
    }

    @Test func `what else comes on the way is no end`() {
        let presence = Presence(member: Member(id: ClientID(number: 1), name: "ann"), count: 1)
        #expect(ends(of: [message, .joined(presence), message, .position("1.1")]) == [3])
    }

    @Test func `what was not asked for is no replay`() {
        #expect(ends(of: [message, .position("1.1")], isAskedFor: false) == [])
    }
}
