import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// Channels in the tests' own process, on two loops: the members of one live on both, its order is made on one.
@Suite(.timeLimit(.minutes(1))) struct ChannelTests {
    @Test func `a key that comes again before its message has its place is a duplicate of it`() async throws {
        let chat = try await LocalChat.start()
        let listener = try await JSONPeer.connected(to: chat.port)
        let ann = try await chat.connected(on: 1 - chat.home, "/?name=ann")
        let mayGoOn = Monitor(false)
        chat.loops[chat.home].execute { mayGoOn.wait { $0 ? () : nil } }
        for _ in 1...2 { try await ann.send(.message(text: "hi", key: "a")) }
        // By the answer to a ping behind them, both were taken; their place has to wait.
        try await ann.peer.send(RawFrame(.ping))
        while try await ann.peer.receive().opcode != .pong {}
        mayGoOn.update { $0 = true }
        let first = try await ann.nextAcknowledgement()
        let second = try await ann.nextAcknowledgement()
        #expect(!first.isDuplicate && second.isDuplicate)
        #expect(first.id == second.id)
        #expect(first.receivers == 1 && second.receivers == 1)
        try await ann.send(.message(text: "that was all"))
        #expect(try await listener.nextMessage().id == first.id)
        #expect(try await listener.nextMessage().text == "that was all")
        await chat.end()
    }

    @Test(arguments: [0, 1])
    func `what is said behind a new name is said under it`(offset: Int) async throws {
        let chat = try await LocalChat.start()
        let listener = try await JSONPeer.connected(to: chat.port)
        let ann = try await chat.connected(on: (chat.home + offset) % 2)
        var frames: [UInt8] = []
        // As often as a name may be changed at once.
        for number in 0..<ChannelRoster.changes.burst {
            frames += JSONPeer.frame(.name("n\(number)")).encoded(masked: true)
            frames += JSONPeer.frame(.message(text: "\(number)")).encoded(masked: true)
            frames += JSONPeer.frame(.message(text: "\(number)", key: "\(number)")).encoded(masked: true)
        }
        try await ann.peer.write(frames)
        for number in 0..<2 * ChannelRoster.changes.burst {
            let message = try await listener.nextMessage()
            #expect(message.text == "\(number / 2)")
            #expect(message.from.name == "n\(number / 2)")
        }
        await chat.end()
    }

    @Test(arguments: [0, 1])
    func `a member that comes amid messages misses none behind its welcome`(offset: Int) async throws {
        let chat = try await LocalChat.start()
        // Of plain text, so that the form of the one that comes is not made before.
        let sender = try await RawPeer.upgraded(port: chat.port)
        let place = (chat.home + offset) % 2
        for _ in 0..<10 {
            async let coming = chat.connected(on: place)
            // Few enough for a guest that is held up to have room for them.
            for _ in 0..<200 {
                try await sender.send(.text("x"))
                await Task.yield()
            }
            let guest = try await coming
            for _ in 0..<5 { try await sender.send(.text("x")) }
            let start = try #require(BroadcastGroup.Position(guest.welcome.position.rawValue))
            for number in 1...5 {
                let id = try await guest.nextMessage().id
                #expect(
                    id.rawValue
                        == "\(BroadcastGroup.Position(epoch: start.epoch, number: start.number + UInt64(number)))"
                )
            }
            try await guest.peer.close()
        }
        await chat.end()
    }

    @Test func `a session that connects again takes its place over`() async throws {
        let chat = try await LocalChat.start()
        let listener = try await JSONPeer.connected(to: chat.port)
        let old = try await chat.connected(on: chat.home, "/?name=ann")
        let new = try await JSONPeer.connected(to: chat.port, "/?name=other", session: old.welcome.session)
        #expect(new.member == old.member)
        #expect(new.welcome.session == old.welcome.session)
        #expect(new.welcome.members?.count { $0 == old.member } == 1)
        let frames = try await old.peer.receiveToEnd()
        #expect(frames.last?.payload.prefix(2).elementsEqual([0x0F, 0xA0]) == true)
        try await new.send(.message(text: "hi"))
        // It came once, and never left.
        _ = try await listener.next { object in
            if case .joined(let presence) = object, presence.member == old.member { () } else { nil }
        }
        let heard = try await listener.next { object -> ServerObject? in
            if case .left(let presence) = object, presence.member != old.member { nil } else { object }
        }
        guard case .message(let message) = heard else {
            Issue.record("heard \(heard)")
            return
        }
        #expect(message.from == old.member)
        await chat.end()
    }

    @Test func `who does not come back in time leaves, and comes back as the one it was`() async throws {
        var settings = ChatSettings()
        settings.sessionGrace = .milliseconds(200)
        let chat = try await LocalChat.start(settings)
        let listener = try await JSONPeer.connected(to: chat.port)
        let ann = try await chat.connected(on: 1 - chat.home, "/?name=ann")
        await ann.peer.reset()
        let left = try await listener.next { object in
            if case .left(let presence) = object, presence.member == ann.member { presence } else { nil }
        }
        #expect(left.count == 1)
        let again = try await JSONPeer.connected(to: chat.port, "/?name=ann", session: ann.welcome.session)
        #expect(again.member == ann.member)
        #expect(again.welcome.session == ann.welcome.session)
        let joined = try await listener.next { if case .joined(let presence) = $0 { presence } else { nil } }
        #expect(joined == Presence(member: ann.member, count: 2))
        await chat.end()
    }

    @Test func `channels are spread over the loops`() throws {
        let homes = try (0..<1_000).map { number in
            try #require(ChannelName(path: "/room-\(number)")).stableHash % 2
        }
        #expect(400...600 ~= homes.count { $0 == 0 })
        #expect(ChannelName(path: "/team")?.stableHash == ChannelName(path: "/%74eam")?.stableHash)
    }

    @Test func `an address that has lost too many connections gives up the place of its oldest`() async throws {
        let chat = try await LocalChat.start()
        let listener = try await JSONPeer.connected(to: chat.port)
        var first: Member?
        for _ in 0...AbsentSessions<Int>.maximumShare {
            let guest = try await JSONPeer.connected(to: chat.port, "/other")
            await guest.peer.reset()
            let ann = try await JSONPeer.connected(to: chat.port, "/?name=ann")
            first = first ?? ann.member
            await ann.peer.reset()
        }
        // Long before its grace has passed.
        let left = try await listener.next { if case .left(let presence) = $0 { presence.member } else { nil } }
        #expect(left == first)
        await chat.end()
    }
}
