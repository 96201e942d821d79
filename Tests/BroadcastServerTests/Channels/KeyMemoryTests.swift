import Testing

@testable import broadcast_server

@Suite struct KeyMemoryTests {
    private var memory = KeyMemory()

    private static func key(_ text: String) -> MessageKey { MessageKey(text: text) }
    private static func receipt(_ number: Int) -> Receipt {
        Receipt(id: PositionText(rawValue: "x.\(number)"), receivers: number)
    }

    @Test mutating func `a key is known once its message was sent`() {
        #expect(memory[Self.key("a")] == nil)
        memory.remember(Self.receipt(5), for: Self.key("a"))
        #expect(memory[Self.key("a")] == Self.receipt(5))
        #expect(memory[Self.key("b")] == nil)
    }

    @Test mutating func `the oldest key makes room for a new one`() {
        for number in 0...KeyMemory.capacity { memory.remember(Self.receipt(number), for: Self.key("\(number)")) }
        #expect(memory[Self.key("0")] == nil)
        #expect(memory[Self.key("1")] == Self.receipt(1))
        #expect(memory[Self.key("\(KeyMemory.capacity)")] == Self.receipt(KeyMemory.capacity))
    }

    @Test mutating func `keys are compared byte by byte`() {
        memory.remember(Self.receipt(1), for: Self.key("caf\u{E9}"))
        #expect(memory[Self.key("cafe\u{301}")] == nil)
        memory.remember(Self.receipt(2), for: Self.key("cafe\u{301}"))
        #expect(memory[Self.key("caf\u{E9}")] == Self.receipt(1))
    }
}
