import TestSupport
import Testing

@testable import LWSSwift

/// What members of a group are sent, as raw peers see it.
@Suite(.timeLimit(.minutes(1))) struct BroadcastGroupTests {
    // MARK: Order

    @Test func `every member gets every message of the others, all in one order`() async throws {
        try await withGroup { fixture in
            let listener = try await fixture.connect()
            let peers = try await fixture.connect(5)
            let count = 200
            try await withThrowingTaskGroup { group in
                for (number, peer) in peers.enumerated() {
                    group.addTask { for index in 0..<count { try await peer.raw.send(.text("\(number) \(index)")) } }
                }
                try await group.waitForAll()
            }
            let order = try await listener.raw.texts(5 * count)
            for (number, peer) in peers.enumerated() {
                let own = order.filter { $0.hasPrefix("\(number) ") }
                #expect(own == (0..<count).map { "\(number) \($0)" }, "the sender's order")
                let received = try await peer.raw.texts(4 * count)
                #expect(received == order.filter { !$0.hasPrefix("\(number) ") })
                try await peer.expectNothingMore()
            }
            try await listener.expectNothingMore()
        }
    }

    @Test func `a sender gets its own message only when that is asked for`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let (sender, other) = (try await fixture.connect(), try await fixture.connect())
            try await fixture.loop.run {
                group.trySend("for the other", from: sender.member)
                group.trySend("for both", from: sender.member, includingSender: true)
                group.trySend("from nobody")
            }
            #expect(try await sender.raw.texts(2) == ["for both", "from nobody"])
            #expect(try await other.raw.texts(3) == ["for the other", "for both", "from nobody"])
        }
    }

    /// How many messages of a size make a burst.
    static let bursts = [(bytes: 10, count: 500), (bytes: 3_000, count: 100), (bytes: 70_000, count: 8)]

    @Test(arguments: bursts, [false, true])
    func `of a burst of one's own and others' messages, exactly one's own are left out`(
        burst: (bytes: Int, count: Int),
        isFull: Bool
    ) async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let listener = try await fixture.connect()
            var peers = try await fixture.connect(2)
            peers.append(isFull ? try await fixture.connectSlowly() : try await fixture.connect())
            let fillers = isFull ? try await peers[2].fill() : 0
            var random = SplitMix(state: UInt64(burst.bytes))
            var sent: [(sender: Int?, message: WebSocketMessage)] = []
            for turn in 0..<4 {
                let senders = (0..<burst.count).map { _ in [nil, 0, 1, 2, 2].randomElement(using: &random) ?? nil }
                let messages = senders.indices.map { index in
                    WebSocketMessage.text("\(turn) \(index) " + String(repeating: "x", count: burst.bytes))
                }
                let members = peers.map(\.member)
                try await fixture.loop.run {
                    for (sender, message) in zip(senders, messages) {
                        group.trySend(message, from: sender.map { members[$0] })
                    }
                }
                sent += zip(senders, messages).map { ($0, $1) }
            }
            #expect(try await listener.raw.messages(sent.count) == sent.map(\.message))
            try await peers[2].readFillers(fillers)
            for (number, peer) in peers.enumerated() {
                let expected = sent.filter { $0.sender != number }.map(\.message)
                let received = try await peer.raw.messages(expected.count)
                #expect(received == expected)
                try await peer.expectNothingMore()
            }
        }
    }

    @Test(arguments: [false, true])
    func `a message for one member keeps its place among those for all`(isFull: Bool) async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let other = try await fixture.connect()
            let peer = isFull ? try await fixture.connectSlowly() : try await fixture.connect()
            let fillers = isFull ? try await peer.fill() : 0
            let long = String(repeating: "long ", count: 30_000)
            var expected: [String] = []
            for turn in 0..<20 {
                expected += try await fixture.loop.run {
                    var sent: [String] = []
                    for index in 0..<12 {
                        let text = "\(turn) \(index)"
                        if (turn + index) % 3 == 0 {
                            sent.append("for one \(text)")
                            _ = peer.connection.trySend(.text(sent[sent.count - 1]))
                        } else {
                            sent.append(index == 6 && turn % 5 == 0 ? long : "for all \(text)")
                            group.trySend(.text(sent[sent.count - 1]))
                        }
                    }
                    return sent
                }
            }
            try await peer.readFillers(fillers)
            let received = try await peer.raw.texts(expected.count)
            #expect(received == expected)
            let forAll = expected.filter { !$0.hasPrefix("for one") }
            #expect(try await other.raw.texts(forAll.count) == forAll)
        }
    }

    @Test func `what a connection is sent before it joins comes before the group's messages`() async throws {
        let admit: GroupFixture.Admission = { group, connection in
            _ = connection.trySend("welcome")
            let member = group.join(connection)
            group.trySend("joined")
            return member
        }
        try await withGroup(admit: admit) { fixture in
            let first = try await fixture.connect()
            #expect(try await first.raw.texts(2) == ["welcome", "joined"])
            let second = try await fixture.connect()
            #expect(try await second.raw.texts(2) == ["welcome", "joined"])
            #expect(try await first.raw.texts(1) == ["joined"])
        }
    }

    // MARK: Membership

    /// The socket may become writable at any time, also between two messages of a turn.
    @Test(arguments: [false, true])
    func `who joins gets nothing older`(becomesWritable: Bool) async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let (peer, other) = (try await fixture.connect(), try await fixture.connect())
            try await fixture.loop.run {
                peer.member.leave()
                group.trySend("old")
                group.join(peer.connection)
                if becomesWritable { peer.member.core.flush() }
                group.trySend("new")
            }
            #expect(try await peer.raw.texts(1) == ["new"])
            #expect(try await other.raw.texts(2) == ["old", "new"])
            try await fixture.loop.run { _ = group.trySend("newer") }
            #expect(try await peer.raw.texts(1) == ["newer"])
        }
    }

    @Test func `who leaves gets what was sent before, and nothing more`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let (peer, other) = (try await fixture.connect(), try await fixture.connect())
            try await fixture.loop.run {
                group.trySend("before")
                peer.member.leave()
                peer.member.leave()
                group.trySend("after")
                _ = peer.connection.trySend("for one")
                group.trySend("from one who has left", from: peer.member)
            }
            #expect(group.memberCount == 1)
            #expect(try await peer.raw.texts(2) == ["before", "for one"])
            #expect(try await other.raw.texts(3) == ["before", "after", "from one who has left"])
            try await peer.expectNothingMore()
        }
    }

    /// Others may follow in the log, and with `dropNewest` some of them may have gone.
    @Test(arguments: [SlowMemberPolicy.Action.close, .dropNewest], [0, 5])
    func `who leaves in the middle of a long message gets the rest of it before anything else`(
        action: SlowMemberPolicy.Action,
        following: Int
    ) async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.slowMembers.action = action
        if action == .dropNewest { configuration.slowMembers.maximumBytesBehind = 70_000 }
        try await withGroup(configuration) { fixture in
            let group = fixture.group
            let peer = try await fixture.connectSlowly()
            let long = WebSocketMessage.binary(Array(repeating: 9, count: 1 << 20))
            let core = peer.member.core
            while !(try await fixture.loop.run { core.isHolding }) {
                try await fixture.loop.run { _ = group.trySend(long) }
            }
            for _ in 0..<following { try await fixture.loop.run { _ = group.trySend(long) } }
            try await fixture.loop.run {
                peer.member.leave()
                #expect(group.memberCount == 0)
                _ = peer.connection.trySend("for one")
            }
            var message = try await peer.raw.message()
            while message == long { message = try await peer.raw.message() }
            #expect(message == "for one")
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `who has left may join again`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let peer = try await fixture.connect()
            try await fixture.loop.run {
                peer.member.leave()
                group.join(peer.connection)
                group.trySend("once")
            }
            #expect(group.memberCount == 1)
            #expect(try await peer.raw.texts(1) == ["once"])
            try await peer.expectNothingMore()
        }
    }

    @Test func `joining twice traps`() async {
        await #expect(processExitsWith: .failure) {
            try await withGroup { fixture in
                let peer = try await fixture.connect()
                try await fixture.loop.run { _ = fixture.group.join(peer.connection) }
            }
        }
    }

    @Test func `a connection that is closing does not become a member`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let peer = try await fixture.connect()
            try await fixture.loop.run {
                peer.member.leave()
                peer.connection.close()
                group.join(peer.connection)
                group.trySend("too late")
            }
            #expect(group.memberCount == 0)
            let (messages, code) = try await peer.raw.messagesToClose()
            #expect(messages == [] && code == 1000)
        }
    }

    @Test func `members go when their connections end, and the others notice nothing`() async throws {
        try await withGroup { fixture in
            let peers = try await fixture.connect(6)
            for index in 0..<100 {
                try await peers[0].raw.send(.text("\(index)"))
                if index == 30 { await peers[1].raw.reset() }
                if index == 50 { await peers[2].raw.end() }
                if index == 70 { try await peers[3].raw.close() }
            }
            for peer in peers[4...] { #expect(try await peer.raw.texts(100) == (0..<100).map { "\($0)" }) }
            try await fixture.waitForMembers(3)
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    // MARK: Closing

    @Test(arguments: [false, true])
    func `a close frame comes after what was sent before it, and nothing after it`(isFull: Bool) async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let other = try await fixture.connect()
            let peer = isFull ? try await fixture.connectSlowly() : try await fixture.connect()
            let fillers = isFull ? try await peer.fill() : 0
            try await fixture.loop.run {
                group.trySend("before")
                _ = peer.connection.trySend("for one")
                group.trySend("just before")
                peer.connection.close(code: .goingAway)
                group.trySend("after")
            }
            try await fixture.loop.run { _ = group.trySend("long after") }
            try await peer.readFillers(fillers)
            let (messages, code) = try await peer.raw.messagesToClose()
            #expect(messages == ["before", "for one", "just before"] && code == 1001)
            #expect(try await other.raw.texts(4) == ["before", "just before", "after", "long after"])
            try await fixture.waitForMembers(1)
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `a member that closes while the group is quiet takes nothing from one that is behind`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let (peer, slow) = (try await fixture.connect(), try await fixture.connectSlowly())
            let fillers = try await slow.fill()
            try await fixture.loop.run {
                peer.connection.close()
                group.trySend("behind the close")
            }
            let (messages, _) = try await peer.raw.messagesToClose()
            #expect(messages.isEmpty)
            try await fixture.waitForMembers(1)
            try await slow.readFillers(fillers)
            #expect(try await slow.raw.texts(1) == ["behind the close"])
        }
    }

    private struct WeakLoop {
        weak var loop: ServiceLoop?
    }

    @Test func `a member that is cut before its close frame was written leaves nothing behind`() async throws {
        let reference = try await withGroup { fixture in
            let (group, slow) = (fixture.group, try await fixture.connectSlowly())
            try await fixture.loop.run {
                for _ in 0..<12 { group.trySend(.binary(Array(repeating: 9, count: 1 << 20))) }
                slow.connection.close()
            }
            // The server is shut down now, and does not wait for the peer, which does not read.
            return WeakLoop(loop: fixture.loop)
        }
        try await eventually("the loop and all it has is freed") { reference.loop == nil }
    }

    // MARK: Long messages

    @Test func `a ping is answered in the middle of long messages`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let peer = try await fixture.connectSlowly()
            let long = WebSocketMessage.binary(Array(repeating: 9, count: 1 << 20))
            try await fixture.loop.run { for _ in 0..<12 { group.trySend(long) } }
            try await peer.raw.send(RawFrame(.ping, [1, 2, 3]))
            var (finals, fragments) = (0, 0)
            var placeOfPong: (message: Int, fragment: Int)?
            while finals < 12 {
                let frame = try await peer.raw.receive()
                if frame.opcode == .pong {
                    #expect(frame.payload == [1, 2, 3])
                    placeOfPong = (finals, fragments)
                } else {
                    #expect(frame.opcode == (fragments == 0 ? .binary : .continuation))
                    let (most, rest) = (
                        LaneFraming.webSocket.maximumPayloadBytes, (1 << 20) % LaneFraming.webSocket.maximumPayloadBytes
                    )
                    #expect(frame.payload.count == (frame.isFinal ? rest : most))
                    fragments = frame.isFinal ? 0 : fragments + 1
                    finals += frame.isFinal ? 1 : 0
                }
            }
            #expect(placeOfPong != nil, "it does not wait for all that is sent")
        }
    }

    @Test func `a ping between a peer's fragments is answered before what the group sends then`() async throws {
        try await withGroup { fixture in
            let (peer, other) = (try await fixture.connect(), try await fixture.connect())
            for _ in 0..<50 {
                // One ping in a read: lws 4.1 answers the first of several.
                try await peer.raw.send(.text("a", isFinal: false), RawFrame(.ping, [1]))
                #expect(try await peer.raw.receive() == RawFrame(.pong, [1]))
                try await peer.raw.send(.continuation("b", isFinal: false), RawFrame(.ping, [2]), .continuation("c"))
                #expect(try await peer.raw.receive() == RawFrame(.pong, [2]))
                try await other.raw.send(.text("d"))
                #expect(try await peer.raw.receive() == .text("d"))
                #expect(try await other.raw.receive() == .text("abc"))
            }
        }
    }

    // MARK: Several groups

    @Test(arguments: [false, true])
    func `a member of two groups gets both, each in order, and its own messages in their place`(
        isFull: Bool
    ) async throws {
        try await withGroup { fixture in
            let groups = [fixture.group, BroadcastGroup(on: fixture.loop)]
            let peer = isFull ? try await fixture.connectSlowly() : try await fixture.connect()
            try await fixture.loop.run { _ = groups[1].join(peer.connection) }
            let fillers = isFull ? try await peer.fill() : 0
            for turn in 0..<10 {
                try await fixture.loop.run {
                    for index in 0..<30 {
                        let number = turn * 30 + index
                        switch number % 5 {
                        case 0: _ = peer.connection.trySend("own \(number)")
                        case 1, 2: groups[0].trySend("first \(number)")
                        default: groups[1].trySend("second \(number)")
                        }
                    }
                }
            }
            try await peer.readFillers(fillers)
            let received = try await peer.raw.texts(300).map { text in
                let words = text.split(separator: " ")
                return (kind: words[0], number: Int(words[1]) ?? -1)
            }
            for kind in ["own", "first", "second"] {
                let numbers = received.filter { $0.kind == kind }.map(\.number)
                #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
            }
            // What is for it alone comes behind everything that was sent to either group before.
            var seen = 0
            for (place, message) in received.enumerated() where message.kind == "own" {
                seen += 1
                let before = received[..<place].count { $0.number < message.number }
                #expect(before == message.number, "all \(message.number) that were sent before it")
            }
            #expect(seen == 60)
        }
    }

    @Test func `long messages of two groups do not mix on a socket that is full`() async throws {
        try await withGroup { fixture in
            let groups = [fixture.group, BroadcastGroup(on: fixture.loop)]
            let peer = try await fixture.connectSlowly()
            try await fixture.loop.run { _ = groups[1].join(peer.connection) }
            let long = (0..<2).map { WebSocketMessage.binary(Array(repeating: UInt8($0), count: 700_000)) }
            // Reading begins in the middle of a message of one group, and goes on while the other sends.
            var sent = 0
            for round in 0..<12 {
                try await fixture.loop.run {
                    groups[1].trySend(long[1])
                    groups[0].trySend(round % 3 == 0 ? long[0] : "short")
                    _ = peer.connection.trySend("for one")
                }
                sent += 3
                if round >= 6 {
                    for _ in 0..<4 where sent > 0 {
                        _ = try await peer.raw.message()
                        sent -= 1
                    }
                }
            }
            for _ in 0..<sent { _ = try await peer.raw.message() }
            try await peer.expectNothingMore()
        }
    }

    // MARK: Formats

    @Test func `members of a format get a message behind its prefix, in another form, or not at all`() async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.formats = 3
        let joins = Watched(0)
        let admit: GroupFixture.Admission = { group, connection in
            joins.update { $0 += 1 }
            return group.join(connection, format: joins.value - 1)
        }
        try await withGroup(configuration, admit: admit) { fixture in
            let group = fixture.group
            let peers = try await fixture.connect(3)
            let envelope = BroadcastEnvelope([
                .message(prefix: "ann: "),
                .other { message, place in
                    let number = place.position.number
                    return message.kind == .text ? .text("\(number)") : .binary([UInt8(number)])
                },
                .nothing,
            ])
            try await fixture.loop.run {
                group.trySend("hi", in: envelope)
                group.trySend(.binary([0, 255]), in: envelope)
                group.trySend("all")
            }
            #expect(try await peers[0].raw.texts(1) == ["ann: hi"])
            #expect(try await peers[0].raw.receive() == RawFrame(.binary, [0, 255]), "never altered")
            #expect(try await peers[1].raw.texts(1) == ["1"])
            #expect(try await peers[1].raw.receive() == RawFrame(.binary, [2]))
            for peer in peers { #expect(try await peer.raw.texts(1) == ["all"]) }
        }
    }

    @Test func `an envelope without a form for each format traps`() async {
        await #expect(processExitsWith: .failure) {
            let loop = try await ServiceLoop.start()
            try await loop.run {
                _ = BroadcastGroup(on: loop).trySend("hi", in: BroadcastEnvelope([.message(), .message()]))
            }
        }
    }

    @Test func `a message is made once for each format that has members`() async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.formats = 4
        let joins = Watched(0)
        let admit: GroupFixture.Admission = { group, connection in
            joins.update { $0 += 1 }
            return group.join(connection, format: [0, 2, 2][joins.value - 1])
        }
        try await withGroup(configuration, admit: admit) { fixture in
            let group = fixture.group
            let peers = try await fixture.connect(3)
            let made = Watched<[String]>([])
            let numbers = Watched<[UInt64]>([])
            // Each form says which one it is, and of which message.
            let forms = (0..<4).map { format in
                BroadcastEnvelope.Form.other { message, place in
                    let number = place.position.number
                    made.append("\(format) \(number)")
                    return .text("format \(format) number \(number) \(message.text ?? "")")
                }
            }
            let envelope = BroadcastEnvelope(forms)
            try await fixture.loop.run {
                group.trySend("hi", in: envelope)
                group.trySend(
                    "hi",
                    in: envelope,
                    from: peers[1].member,
                    onSequenced: { numbers.append($0.position.number) }
                )
                group.trySend("the same for all")
            }
            #expect(
                try await peers[0].raw.texts(3) == ["format 0 number 1 hi", "format 0 number 2 hi", "the same for all"]
            )
            #expect(try await peers[1].raw.texts(2) == ["format 2 number 1 hi", "the same for all"])
            #expect(
                try await peers[2].raw.texts(3) == ["format 2 number 1 hi", "format 2 number 2 hi", "the same for all"]
            )
            #expect(made.value == ["0 1", "2 1", "0 2", "2 2"])
            #expect(numbers.value == [2])
            await peers[0].raw.reset()
            try await fixture.waitForMembers(2)
            try await fixture.loop.run { _ = group.trySend("hi", in: envelope) }
            #expect(try await peers[1].raw.texts(1) == ["format 2 number 4 hi"])
            #expect(made.value.suffix(1) == ["2 4"])
        }
    }

    // MARK: Tasks

    @Test func `tasks send in order, each its own`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let peers = try await fixture.connect(2)
            try await withThrowingTaskGroup { tasks in
                for task in 0..<4 {
                    tasks.addTask {
                        for index in 0..<100 { try await group.send("\(task) \(index)") }
                    }
                }
                try await tasks.waitForAll()
            }
            let texts = try await peers[0].raw.texts(400)
            #expect(try await peers[1].raw.texts(400) == texts)
            for task in 0..<4 {
                #expect(texts.filter { $0.hasPrefix("\(task) ") } == (0..<100).map { "\(task) \($0)" })
            }
        }
    }

    /// A turn ends when a slab has filled, but not before the jobs that it was woken for: nobody would wake it again.
    @Test func `a job is run though slabs fill in the turn that it woke and at the end of it`() async throws {
        let filling = WebSocketMessage.binary(Array(repeating: 0, count: SlabPool.slabBytes))
        let admit: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            connection.onMessage { _ in
                group.trySend(filling)
                _ = connection.trySend("above the high mark")
            }
            connection.onWritable { group.trySend(filling) }
            return member
        }
        var limits = ConnectionLimits.patient
        limits.outbound = .init(lowBytes: 0, highBytes: 10)
        try await withGroup(limits: limits, admit: admit) { fixture in
            let loop = fixture.loop
            let peer = try await fixture.connect()
            // The end of a turn is held up until the next one has both a message and a job.
            let (isHeld, isReleased, hasRun, turns) = (Watched(false), Watched(false), Watched(false), Watched(0))
            try await loop.run {
                _ = loop.addTurnHook {
                    if isReleased.value, !hasRun.value { turns.update { $0 += 1 } }
                    isHeld.update { $0 = true }
                    while !isReleased.value {}
                }
            }
            try await isHeld.wait { $0 }
            try await peer.raw.send(.text("now"))
            loop.execute { hasRun.update { $0 = true } }
            isReleased.update { $0 = true }
            try await hasRun.wait { $0 }
            let received = try await peer.raw.messages(3)
            #expect(received == [filling, "above the high mark", filling])
            #expect(turns.value == 0, "turns before the job ran")
        }
    }

    @Test func `sending after the shutdown of the loop says so`() async throws {
        let loop = try await ServiceLoop.start()
        let group = BroadcastGroup(on: loop)
        await loop.shutdown()
        await #expect { try await group.send("too late") } throws: {
            ($0 as? WebSocketError)?.code == .loopStopped
        }
    }
}
