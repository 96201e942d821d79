import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// Channels that live on several nodes.
@Suite(.timeLimit(.minutes(2))) struct ClusterTests {
    @Test(arguments: LogFixture.Kind.allCases, [1, 2])
    func `members of all nodes see one order, with the same ids`(kind: LogFixture.Kind, threads: Int) async throws {
        try await ClusterFixture.with(kind, threads: threads) { cluster in
            let listeners = [try await cluster.connected(0), try await cluster.connected(1)]
            let count = 50
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in 0..<2 {
                    group.addTask {
                        let speaker = try await cluster.connected(node, "/?name=s\(node)")
                        for number in 1...count {
                            try await speaker.send(
                                .message(text: "\(number)", key: number % 2 == 0 ? "\(number)" : nil)
                            )
                        }
                        for number in 1...count where number % 2 == 0 {
                            let acknowledgement = try await speaker.nextAcknowledgement()
                            #expect(acknowledgement.key == "\(number)" && acknowledgement.stored.rawValue == "cluster")
                        }
                        try await speaker.peer.close()
                    }
                }
                try await group.waitForAll()
            }
            var heard: [[ChatMessage]] = []
            for listener in listeners {
                var messages: [ChatMessage] = []
                for _ in 0..<2 * count { messages.append(try await listener.nextMessage()) }
                heard.append(messages)
            }
            #expect(heard[0] == heard[1])
            for node in 0..<2 {
                let texts = heard[0].filter { $0.from.name == "s\(node)" }.map(\.text)
                #expect(texts == (1...count).map { "\($0)" })
            }
        }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a member that comes back on another node misses nothing, and its keys hold`(
        kind: LogFixture.Kind
    ) async throws {
        try await ClusterFixture.with(kind) { cluster in
            let listener = try await cluster.connected(1)
            let ann = try await cluster.connected(0, "/?name=ann")
            try await ann.send(.message(text: "one", key: "1"))
            let first = try await ann.nextAcknowledgement()
            let heard = try await listener.nextMessage()
            #expect(heard.id == first.id)
            await ann.peer.reset()
            try await listener.send(.message(text: "two", key: "2"))
            let second = try await listener.nextAcknowledgement()
            let again = try await cluster.connected(1, "/?after=\(first.id)", session: ann.welcome.session)
            #expect(again.member == ann.member && again.welcome.session == ann.welcome.session)
            #expect(again.welcome.recovered)
            let missed = try await again.nextMessage()
            #expect(missed.id == second.id && missed.text == "two")
            try await again.send(.message(text: "one", key: "1"))
            let duplicate = try await again.nextAcknowledgement()
            #expect(duplicate.isDuplicate && duplicate.id == first.id)
            try await again.send(.message(text: "three", key: "3"))
            #expect(try await listener.nextMessage().text == "three")
        }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a name is one member's on all nodes, and everybody knows who is there`(kind: LogFixture.Kind) async throws {
        try await ClusterFixture.with(kind) { cluster in
            let ann = try await cluster.connected(0, "/?name=ann")
            let other = try await cluster.connected(1, "/?name=ann")
            #expect(other.member.name == "ann (2)")
            #expect(other.member.id != ann.member.id)
            #expect(other.welcome.members == [ann.member, other.member].sorted { $0.id < $1.id })
            let joined = try await ann.next { if case .joined(let presence) = $0 { presence } else { nil } }
            #expect(joined.member == other.member && joined.count == 2)
            try await other.send(.name("bob"))
            let renaming = try await ann.next { if case .renamed(let renaming) = $0 { renaming } else { nil } }
            #expect(renaming.member == Member(id: other.member.id, name: "bob") && renaming.was == "ann (2)")
            try await other.peer.close()
            let left = try await ann.next { if case .left(let presence) = $0 { presence } else { nil } }
            #expect(left.member.name == "bob" && left.count == 1)
        }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a node that comes later knows who is there and what was said`(kind: LogFixture.Kind) async throws {
        try await ClusterFixture.with(kind) { cluster in
            let ann = try await cluster.connected(0, "/team?name=ann")
            let plain = try await RawPeer.upgraded(port: cluster.nodes[1].port, path: "/team?name=bob")
            _ = try await ann.next { if case .joined(let presence) = $0 { presence } else { nil } }
            try await ann.send(.message(text: "hi", key: "k"))
            let receipt = try await ann.nextAcknowledgement()
            let late = try await LocalChat.start(log: try await cluster.fixture.open())
            let guest = try await JSONPeer.connected(to: late.port, "/team?name=ann&last=5")
            #expect(guest.welcome.members?.map(\.name) == ["ann", "bob", "ann (2)"])
            let said = try await guest.nextMessage()
            #expect(said.id == receipt.id && said.text == "hi")
            await ann.peer.reset()
            let again = try await JSONPeer.connected(to: late.port, "/team", session: ann.welcome.session)
            #expect(again.member == ann.member)
            try await again.send(.message(text: "hi", key: "k"))
            #expect(try await again.nextAcknowledgement().isDuplicate)
            _ = try await plain.receive()
            await late.end()
        }
    }

    @Test(arguments: LogFixture.Kind.allCases, [true, false])
    func `sessions, names and keys outlive the end of all nodes`(kind: LogFixture.Kind, isKilled: Bool) async throws {
        let fixture = try await LogFixture.make(kind)
        defer { withExtendedLifetime(fixture) {} }
        let first = try await LocalChat.start(log: try await fixture.open())
        let ann = try await JSONPeer.connected(to: first.port, "/team?name=ann")
        let bob = try await JSONPeer.connected(to: first.port, "/team?name=bob")
        let plain = try await RawPeer.upgraded(port: first.port, path: "/team")
        try await bob.peer.close()
        let left = try await ann.next { if case .left(let presence) = $0 { presence } else { nil } }
        #expect(left.member == bob.member)
        try await ann.send(.message(text: "one", key: "1"))
        let receipt = try await ann.nextAcknowledgement()
        _ = try await plain.receive()
        if isKilled { await first.vanish() } else { await first.end() }

        // Two that come together: one of them begins, and tells the other.
        async let second = LocalChat.start(log: try await fixture.open())
        async let third = LocalChat.start(log: try await fixture.open())
        let nodes = [try await second, try await third]
        let back = try await JSONPeer.connected(to: nodes[0].port, "/team", session: ann.welcome.session)
        #expect(back.member == ann.member && back.welcome.session == ann.welcome.session)
        #expect(back.welcome.members == [ann.member])
        try await back.send(.message(text: "one", key: "1"))
        let again = try await back.nextAcknowledgement()
        #expect(again.isDuplicate && again.id == receipt.id)
        let other = try await JSONPeer.connected(
            to: nodes[1].port,
            "/team?name=ann&last=5",
            session: bob.welcome.session
        )
        #expect(other.member.id == bob.member.id && other.member.name == "ann (2)")
        #expect(try await other.nextMessage().id == receipt.id)
        for node in nodes { await node.end() }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `members of a node that is gone leave after the grace, but for those that came back`(
        kind: LogFixture.Kind
    ) async throws {
        var settings = ChatSettings()
        settings.sessionGrace = .seconds(3)
        try await ClusterFixture.with(kind, settings) { cluster in
            let listener = try await cluster.connected(0)
            let node = try await LocalChat.start(settings, log: try await cluster.fixture.open())
            let ann = try await JSONPeer.connected(to: node.port, "/?name=ann")
            let bob = try await JSONPeer.connected(to: node.port, "/?name=bob")
            await node.vanish()
            let again = try await cluster.connected(1, session: bob.welcome.session)
            #expect(again.member == bob.member)
            let left = try await listener.next { if case .left(let presence) = $0 { presence } else { nil } }
            #expect(left.member == ann.member && left.count == 2)
        }
    }

    @Test(arguments: LogFixture.Kind.allCases)
    func `a posting is taken once, on whatever node it comes`(kind: LogFixture.Kind) async throws {
        struct Receipt: Decodable, Equatable {
            let id: PositionText
            let duplicate: Bool
            let stored: String
        }
        try await ClusterFixture.with(kind) { cluster in
            let listener = try await cluster.connected(1)
            var receipts: [Receipt] = []
            for node in cluster.nodes {
                let answer = try await HTTPPeer(port: node.port).post("/", "a", "Idempotency-Key: k")
                #expect(answer.status == 200)
                receipts.append(try JSONDecoder().decode(Receipt.self, from: Data(answer.body.utf8)))
            }
            let message = try await listener.nextMessage()
            #expect(receipts.map(\.id) == [message.id, message.id])
            #expect(receipts.map(\.duplicate) == [false, true])
            #expect(receipts[0].stored == "cluster")
            let other = try await HTTPPeer(port: cluster.nodes[1].port).post("/", "b", "Idempotency-Key: k")
            #expect(other.status == 422)
            let page = try await HTTPPeer(port: cluster.nodes[0].port).get("/", "Accept: application/json")
            #expect(page.body.contains(message.id.rawValue))
        }
    }

    @Test func `nothing is lost or doubled when the server of NATS is killed`() async throws {
        let server = try await NATSServer.start()
        defer { withExtendedLifetime(server) {} }
        var nodes: [LocalChat] = []
        for _ in 0..<2 { nodes.append(try await LocalChat.start(log: try await LogFixture.open(server))) }
        let listeners = [
            try await JSONPeer.connected(to: nodes[0].port), try await JSONPeer.connected(to: nodes[1].port),
        ]
        let speaker = try await JSONPeer.connected(to: nodes[0].port, "/?name=s")
        for number in 1...100 {
            try await speaker.send(.message(text: "\(number)", key: "\(number)"))
            if number == 30 { server.kill() }
            if number == 60 { try server.startAgain() }
        }
        for number in 1...100 { #expect(try await speaker.nextAcknowledgement().key == "\(number)") }
        for listener in listeners {
            for number in 1...100 { #expect(try await listener.nextMessage().text == "\(number)") }
        }
        for node in nodes { await node.end() }
    }

    @Test func `a connection that was held up does not take the place of one that came since`() async throws {
        let log = MemoryLog()
        let node = try await LocalChat.start(log: log.open())
        let ann = try await JSONPeer.connected(to: node.port)
        let session = try #require(SessionID(ann.welcome.session))
        let other = log.open()
        for (number, offset): (UInt64, Int64) in [(1, -60_000), (2, 60_000)] {
            let arriving = ChannelEntry.Arriving(
                link: number,
                identity: .returning(session),
                name: nil,
                member: ClientID(number: 1_000 + number),
                session: .random(),
                since: WallTime.now.milliseconds + offset
            )
            let bytes = EntryBatch.bytes(node: other.node, number: number, [.join(arriving)])
            let batch = SharedBatch(
                topic: .presence(.default),
                id: BatchID(node: other.node, number: number),
                bytes: bytes
            )
            other.append(batch, within: .seconds(1)) { _ in }
            try await ann.send(.message(text: "\(number)", key: "\(number)"))
            guard number == 1 else { continue }
            #expect(try await ann.nextAcknowledgement().key == "1")
        }
        // The later one has its place.
        while true {
            let frame = try await ann.peer.receive()
            guard frame.opcode == .close else { continue }
            #expect(frame.closeCode == 4000)
            break
        }
        other.close()
        await node.end()
    }

    @Test func `a node that loses its place while it waits for others fails to start`() async throws {
        let log = MemoryLog()
        let (way, silent) = (log.open(), log.open())
        let other = LogReader(silent)
        let start = Task { try await LocalChat.start(log: way) }
        _ = try await other.places(1)
        way.lose()
        let result = await start.result
        #expect(throws: Failure.self) { try result.get() }
        for way in [way, silent] { way.close() }
    }

    @Test func `what is known to be said again does not go to the log`() async throws {
        let log = MemoryLog()
        let way = log.open()
        let node = try await LocalChat.start(log: way)
        let ann = try await JSONPeer.connected(to: node.port)
        try await ann.send(.message(text: "one", key: "1"))
        let receipt = try await ann.nextAcknowledgement()
        let posted = try await HTTPPeer(port: node.port).post("/", "a", "Idempotency-Key: k")
        let place = way.newestPlace
        try await ann.send(.message(text: "one", key: "1"))
        let again = try await ann.nextAcknowledgement()
        #expect(again.isDuplicate && again.id == receipt.id)
        let postedAgain = try await HTTPPeer(port: node.port).post("/", "a", "Idempotency-Key: k")
        #expect(posted.status == 200 && postedAgain.status == 200 && postedAgain.body.contains("\"duplicate\":true"))
        #expect(try await HTTPPeer(port: node.port).post("/", "b", "Idempotency-Key: k").status == 422)
        #expect(way.newestPlace == place)
        await node.end()
    }

    @Test func `ids that members have are not given again where their count was lost`() async throws {
        let log = MemoryLog()
        let node = try await LocalChat.start(log: log.open())
        let witness = try await JSONPeer.connected(to: node.port)
        let other = log.open()
        let arriving = ChannelEntry.Arriving(
            link: 1,
            identity: .session,
            name: nil,
            member: ClientID(number: 5_000),
            session: .random(),
            since: 0
        )
        let bytes = EntryBatch.bytes(node: other.node, number: 1, [.join(arriving)])
        let id = BatchID(node: other.node, number: 1)
        other.append(SharedBatch(topic: .presence(.default), id: id, bytes: bytes), within: .seconds(1)) { _ in }
        _ = try await witness.next { if case .joined(let presence) = $0 { presence } else { nil } }
        // Two blocks of ids.
        var ids: [UInt64] = []
        for _ in 0..<260 {
            let peer = try await JSONPeer.connected(to: node.port)
            ids.append(peer.member.id.number)
            try await peer.peer.close()
        }
        #expect(Set(ids).count == ids.count && ids.last ?? 0 > 5_000)
        other.close()
        await node.end()
    }

    @Test func `a node that waits for others can be given up`() async throws {
        let log = MemoryLog()
        // The other is there, and never answers.
        let (way, silent) = (log.open(), log.open())
        let other = LogReader(silent)
        let start = Task { try await LocalChat.start(log: way) }
        _ = try await other.places(1)
        start.cancel()
        let result = await start.result
        #expect(throws: Failure.self) { try result.get() }
        for way in [way, silent] { way.close() }
    }

    @Test func `a node that has missed something says so, takes nothing, and ends without waiting`() async throws {
        let log = MemoryLog()
        let losses = Monitor<[String]>([])
        let way = log.open()
        let node = try await LocalChat.start(log: way) { reason in losses.update { $0.append(reason) } }
        let member = try await JSONPeer.connected(to: node.port)
        way.goAway("it is held up")
        try await member.send(.message(text: "waits", key: "1"))
        let status = try await member.next { if case .status(let status) = $0 { status } else { nil } }
        #expect(status != .back)
        way.lose()
        way.lose()
        let problem = try await member.next { if case .error(let problem) = $0 { problem } else { nil } }
        #expect(problem.code == .unavailable && problem.key == "1")
        way.comeBack()
        try await member.send(.message(text: "too late", key: "2"))
        let late = try await member.next { if case .error(let problem) = $0 { problem } else { nil } }
        #expect(late.code == .unavailable && late.key == "2")
        let told = await onThread { losses.wait(atMost: .seconds(30)) { $0.isEmpty ? nil : $0.count } }
        #expect(told == 1)
        await node.end()
    }
}
