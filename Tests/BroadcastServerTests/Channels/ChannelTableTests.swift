import Testing

@testable import broadcast_server

@Suite struct ChannelTableTests {
    private final class Room: Sendable {
        let name: String

        init(_ name: String) {
            self.name = name
        }
    }
    private var table = ChannelTable<Room>()

    private func name(_ text: String) throws -> ChannelName { try #require(ChannelName(path: "/" + text)) }

    private mutating func enter(_ text: String) throws -> (channel: Room, evicted: Room?) {
        try table.enter(name(text)) { Room(text) }
    }

    @Test mutating func `a channel is one for all who enter it`() throws {
        let first = try enter("a").channel
        #expect(try enter("a").channel === first)
        #expect(try enter("b").channel !== first)
        #expect(table.count == 2)
    }

    @Test mutating func `one that remembers nothing goes with its last use`() throws {
        let channel = try enter("a").channel
        _ = try enter("a")
        table.leave(channel, try name("a"), isEmpty: true)
        #expect(table.count == 1)
        table.leave(channel, try name("a"), isEmpty: true)
        #expect(table.count == 0)
    }

    @Test mutating func `one that remembers something stays, and is found again`() throws {
        let channel = try enter("a").channel
        table.leave(channel, try name("a"), isEmpty: false)
        #expect(try enter("a").channel === channel)
    }

    @Test mutating func `when there are too many, the unused one of longest ago gives way`() throws {
        for number in 0..<ChannelTable<Room>.maximumCount { _ = try enter("\(number)") }
        #expect(throws: ChannelTable<Room>.TooManyChannels.self) { try enter("more") }
        #expect(table.refusal(of: try name("more")) == .init())
        #expect(table.refusal(of: try name("7")) == nil)
        for number in [5, 3, 8] {
            let text = "\(number)"
            table.leave(try #require(table[name(text)]), try name(text), isEmpty: false)
        }
        table.touch(try name("5"))
        #expect(table.refusal(of: try name("more")) == nil)
        #expect(try enter("more").evicted?.name == "3")
        #expect(try enter("another").evicted?.name == "8")
        #expect(table.count == ChannelTable<Room>.maximumCount)
        // Nobody is there any more, but it may be needed again.
        #expect(try enter("5").evicted == nil)
        #expect(throws: ChannelTable<Room>.TooManyChannels.self) { try enter("last") }
    }

    @Test mutating func `what has given way takes nothing from the one of its name`() throws {
        let old = try enter("a").channel
        table.leave(old, try name("a"), isEmpty: true)
        let new = try enter("a").channel
        table.leave(new, try name("a"), isEmpty: false)
        table.leave(old, try name("a"), uses: 0, isEmpty: true)
        #expect(table[try name("a")] === new)
    }
}
