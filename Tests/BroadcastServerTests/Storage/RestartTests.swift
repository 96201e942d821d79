import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(2))) struct RestartTests {
    private static func say(
        _ texts: [String],
        over peer: JSONPeer,
        stored: Stored? = nil
    ) async throws -> [Acknowledgement] {
        var acknowledgements: [Acknowledgement] = []
        for text in texts {
            try await peer.send(.message(text: text, key: "key of \(text)", stored: stored))
            acknowledgements.append(try await peer.nextAcknowledgement())
        }
        return acknowledgements
    }

    @Test(arguments: [1, 2])
    func `a client goes on where it was when the server was stopped and started again`(threads: Int) async throws {
        try await StateFixture.with { state in
            let (session, position, acknowledged) = try await state.chat(threads: threads) { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/team?name=ann")
                let bob = try await JSONPeer.connected(to: chat.port, "/team")
                let acknowledged = try await Self.say(["one", "two"], over: bob)
                #expect(try await ann.nextMessage().text == "one")
                return (ann.welcome.session, acknowledged[0].id, acknowledged)
            }
            try await state.chat(threads: threads) { chat in
                let ann = try await JSONPeer.connected(
                    to: chat.port,
                    "/team?after=\(position.rawValue)",
                    session: session
                )
                #expect(ann.welcome.recovered && ann.welcome.session == session)
                #expect(ann.member.name == "ann" && ann.welcome.count == 2)
                let missed = try await ann.nextMessage()
                #expect(missed.text == "two" && missed.id == acknowledged[1].id)
                #expect(missed.from.name == "Client 2")
                let new = try await JSONPeer.connected(to: chat.port, "/team")
                #expect(new.member.id.number == 3, "nobody gets an id that somebody has had")
                try await new.send(.message(text: "three", key: "k"))
                let third = try await ann.nextMessage()
                #expect(BroadcastGroup.Position(third.id.rawValue)?.number == 3)
            }
        }
    }

    @Test func `a key that comes again after the restart is known`() async throws {
        try await StateFixture.with { state in
            let (session, first) = try await state.chat { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/team")
                let texts = (1...200).map { "\($0)" }
                return (ann.welcome.session, try await Self.say(texts, over: ann))
            }
            try await state.chat { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/team", session: session)
                let again = try await Self.say(["73", "200"], over: ann)
                #expect(again.map(\.isDuplicate) == [true, true])
                #expect(again.map(\.id) == [first[72].id, first[199].id])
                #expect(again.map(\.stored) == [.disk, .disk])
                #expect(try await Self.say(["72"], over: ann)[0].isDuplicate == false, "that is beyond the memory")
            }
        }
    }

    @Test(arguments: [1, 2])
    func `what was acknowledged as stored is there after a kill at that moment`(threads: Int) async throws {
        try await StateFixture.with { state in
            let (copy, first, session) = try await state.chat(threads: threads) { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/team?name=ann")
                let first = try await Self.say(["one", "two"], over: ann, stored: .disk)
                #expect(first.map(\.stored) == [.disk, .disk])
                return (try state.killed("killed"), first, ann.welcome.session)
            }
            try await copy.chat(threads: threads) { chat in
                let bob = try await JSONPeer.connected(to: chat.port, "/team?last=10")
                #expect(try await bob.nextMessage().id == first[0].id)
                #expect(try await bob.nextMessage().id == first[1].id)
                let ann = try await JSONPeer.connected(to: chat.port, "/team", session: session)
                #expect(ann.member.name == "ann")
                let again = try await Self.say(["two", "three"], over: ann, stored: .disk)
                #expect(again.map(\.isDuplicate) == [true, false])
                #expect(again[0].id == first[1].id)
                let position = try #require(BroadcastGroup.Position(again[1].id.rawValue))
                #expect(position.number == 3 + NumberJump.size, "it may have given out numbers that the disk has not")
                #expect(try await bob.nextMessage().id == again[1].id)
                #expect(bob.welcome.position != again[1].id)
            }
        }
    }

    @Test func `with durable as the rule each acknowledgement waits for the disk`() async throws {
        try await StateFixture.with { state in
            var settings = ChatSettings()
            settings.isDurable = true
            try await state.chat(settings) { chat in
                let ann = try await JSONPeer.connected(to: chat.port)
                for number in 1...50 { try await ann.send(.message(text: "\(number)", key: "\(number)")) }
                for number in 1...50 {
                    let acknowledgement = try await ann.nextAcknowledgement()
                    #expect(acknowledgement.key == "\(number)" && acknowledgement.stored == .disk)
                }
            }
        }
    }

    @Test func `without a state directory the acknowledgement says memory, whatever was asked for`() async throws {
        let chat = try await LocalChat.start()
        let ann = try await JSONPeer.connected(to: chat.port)
        let acknowledged = try await Self.say(["one"], over: ann, stored: .disk)
        #expect(acknowledged.map(\.stored) == [.memory])
        await chat.end()
    }

    @Test func `the history's limits hold on the disk`() async throws {
        try await StateFixture.with { state in
            var settings = ChatSettings()
            settings.history?.maximumMessages = 10
            try await state.chat(settings) { chat in
                let ann = try await JSONPeer.connected(to: chat.port)
                _ = try await Self.say((1...40).map { "\($0)" }, over: ann, stored: .disk)
            }
            let check = try StateCheck(StateDirectory(path: state.path))
            #expect(check.isSound && check.server.isClean)
            #expect(check.channels.map(\.messages) == [10] && check.channels.map(\.oldest) == [31])
            #expect(check.keys == 40 && check.sessions == 1)
        }
    }

    @Test func `a channel that nobody may come back to is forgotten on the disk too`() async throws {
        try await StateFixture.with { state in
            try await state.chat { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/gone")
                try await ann.peer.close()
                let bob = try await JSONPeer.connected(to: chat.port, "/kept")
                _ = try await Self.say(["hi"], over: bob)
            }
            let names = try StateCheck(StateDirectory(path: state.path)).channels.map(\.head.name.text)
            #expect(names.contains("kept"))
        }
    }

    @Test func `a check reads what a server has in use`() async throws {
        try await StateFixture.with { state in
            try await state.chat { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/team")
                _ = try await Self.say(["hi"], over: ann, stored: .disk)
                let check = try StateCheck(StateDirectory(path: state.path))
                #expect(check.isSound && !check.server.isClean && check.messages == 1)
            }
        }
    }
}
