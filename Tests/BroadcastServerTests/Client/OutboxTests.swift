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

    @Test func `a message is under way from when it is handed over until it is settled`() {
        var outbox = outbox("a", "b")
        #expect(!outbox.isUnderWay("k-1"))
        _ = handOverAll(&outbox)
        #expect(outbox.isUnderWay("k-1") && outbox.isUnderWay("k-2") && !outbox.isUnderWay("k-3"))
        _ = outbox.settle("k-1")
        #expect(!outbox.isUnderWay("k-1"))
        outbox.rewind()
        #expect(!outbox.isUnderWay("k-2"))
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

    // MARK: What outlives the program

    private func saved(_ texts: String..., limits: Outbox.Limits = .init()) -> Outbox {
        let entries = texts.enumerated().map { Outbox.Entry(key: "old-\($0)", content: .text($1)) }
        return Outbox(keyPrefix: "k", limits: limits, saved: entries)
    }

    @Test func `what an earlier run has left is sent first, under the keys it had`() {
        var outbox = saved("a", "b")
        outbox.append(.text("c"))
        outbox.noteSaved(at: outbox.mark)
        let entries = handOverAll(&outbox)
        #expect(entries.map(\.content) == [.text("a"), .text("b"), .text("c")])
        #expect(entries.map(\.key).prefix(2) == ["old-0", "old-1"] && !entries[2].key.hasPrefix("old"))
    }

    @Test func `a message is handed over, and counts as taken, once it is saved`() {
        var outbox = saved()
        outbox.append(.text("a"))
        #expect(outbox.needsSaving && outbox.safeCount == 0 && outbox.count == 1)
        #expect(outbox.handOverNext() == nil)
        let mark = outbox.mark
        outbox.append(.text("b"))
        outbox.noteSaved(at: mark)
        #expect(outbox.needsSaving && outbox.safeCount == 1)
        #expect(handOverAll(&outbox).map(\.content) == [.text("a")])
        outbox.noteSaved(at: outbox.mark)
        #expect(!outbox.needsSaving && outbox.safeCount == 2)
        #expect(handOverAll(&outbox).map(\.content) == [.text("b")])
    }

    @Test func `without anything to save nothing waits`() {
        var outbox = outbox("a")
        #expect(!outbox.needsSaving && outbox.safeCount == 1)
        outbox.noteSaved(at: outbox.mark)
        #expect(handOverAll(&outbox).count == 1)
    }

    @Test func `what the next run would send again is never more than the server remembers keys`() {
        var outbox = saved(limits: .init(unconfirmed: 3))
        for text in ["a", "b", "c", "d", "e"] { outbox.append(.text(text)) }
        outbox.noteSaved(at: outbox.mark)
        let first = handOverAll(&outbox)
        #expect(first.count == 3)
        // Nothing has changed that could be saved.
        #expect(!outbox.needsSaving)
        for entry in first { _ = outbox.settle(entry.key) }
        #expect(outbox.needsSaving && outbox.handOverNext() == nil)
        outbox.noteSaved(at: outbox.mark)
        #expect(!outbox.needsSaving)
        #expect(handOverAll(&outbox).map(\.content) == [.text("d"), .text("e")])
    }
}
