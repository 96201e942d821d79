import Testing

@testable import broadcast_server

@Suite struct OutboxTests {
    private func outbox(_ texts: String..., limits: Outbox.Limits = .init()) -> Outbox {
        var outbox = Outbox(keyPrefix: "k", limits: limits)
        for text in texts { outbox.append(.text(text)) }
        return outbox
    }

    private func handOverAll(_ outbox: inout Outbox) -> [Outbox.Entry] {
        var entries: [Outbox.Entry] = []
        while let entry = outbox.handOverNext() { entries.append(entry) }
        return entries
    }

    @Test func `messages are handed over once, in order, each under a key of its own`() {
        var outbox = outbox("a", "b", "c")
        let entries = handOverAll(&outbox)
        #expect(entries.map(\.content) == [.text("a"), .text("b"), .text("c")])
        #expect(entries.map(\.key) == ["k-1", "k-2", "k-3"])
        #expect(outbox.handOverNext() == nil)
        #expect(outbox.count == 3)
    }

    @Test func `after a connection ends, what was not settled is handed over again under the same keys`() {
        var outbox = outbox("a", "b", "c")
        let first = handOverAll(&outbox)
        #expect(outbox.settle("k-2")?.content == .text("b"))
        outbox.append(.text("d"))
        outbox.rewind()
        let second = handOverAll(&outbox)
        #expect(second.map(\.content) == [.text("a"), .text("c"), .text("d")])
        #expect(second.prefix(2) == [first[0], first[2]])
    }

    @Test func `only what was handed over can be settled, and only once`() {
        var outbox = outbox("a", "b")
        #expect(outbox.settle("k-1") == nil)
        _ = outbox.handOverNext()
        #expect(outbox.settle("k-2") == nil)
        #expect(outbox.settle("k-1") != nil)
        #expect(outbox.settle("k-1") == nil)
        #expect(outbox.settle("nonsense") == nil)
        #expect(outbox.handOverNext()?.key == "k-2")
        #expect(outbox.settle("k-2") != nil)
        #expect(outbox.isEmpty)
    }

    @Test func `there is room for a number of messages and for a number of bytes`() {
        let limits = Outbox.Limits(messages: 2, bytes: 10)
        #expect(outbox("a", limits: limits).hasRoom)
        #expect(!outbox("a", "b", limits: limits).hasRoom)
        #expect(!outbox("0123456789", limits: limits).hasRoom)
        var outbox = outbox("0123456789", limits: limits)
        _ = outbox.handOverNext()
        _ = outbox.settle("k-1")
        #expect(outbox.hasRoom)
    }

    @Test func `no more messages are on their way unconfirmed than the server remembers keys`() {
        var outbox = outbox("a", "b", "c", limits: .init(unconfirmed: 2))
        #expect(handOverAll(&outbox).count == 2)
        _ = outbox.settle("k-1")
        #expect(handOverAll(&outbox).map(\.content) == [.text("c")])
    }
}
