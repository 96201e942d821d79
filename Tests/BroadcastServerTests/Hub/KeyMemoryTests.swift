import Testing

@testable import broadcast_server

@Suite struct KeyMemoryTests {
    @Test func `a key is new once, then under way, then sent`() {
        var memory = KeyMemory()
        let before = memory.isEmpty
        var states = [memory.take("a"), memory.take("a")]
        memory.confirm("a", id: 7)
        states += [memory.take("a"), memory.take("b")]
        #expect(states == [.new, .underWay, .sent(id: 7), .new])
        #expect(before && !memory.isEmpty)
    }

    @Test func `the oldest keys are forgotten beyond 128`() {
        var memory = KeyMemory()
        for number in 0..<UInt64(KeyMemory.capacity) {
            _ = memory.take("\(number)")
            memory.confirm("\(number)", id: number)
        }
        let full = memory.take("0")
        _ = memory.take("one more")
        let after = [memory.take("1"), memory.take("0")]
        #expect(full == .sent(id: 0))
        // Taking "0" again has put "1" out.
        #expect(after == [.sent(id: 1), .new])
        let last = memory.take("1")
        #expect(last == .new)
    }

    @Test func `what was forgotten is not confirmed`() {
        var memory = KeyMemory()
        _ = memory.take("slow")
        for number in 0..<KeyMemory.capacity { _ = memory.take("\(number)") }
        memory.confirm("slow", id: 1)
        let state = memory.take("slow")
        #expect(state == .new)
    }
}
