import TestSupport
import Testing

@testable import LWSSwift

/// Members that read slowly, or not at all: what becomes of them, and that the others do not notice.
@Suite(.timeLimit(.minutes(2))) struct SlowMemberTests {
    /// A policy with small limits, and none that a test does not ask for.
    private static func configuration(
        _ action: SlowMemberPolicy.Action,
        maximumBytesBehind: Int = .max,
        maximumTimeBehind: Duration? = nil,
        publishersWaitAboveBytes: Int? = nil,
        progressGrace: Duration = .seconds(20)
    ) -> BroadcastGroup.Configuration {
        BroadcastGroup.Configuration(
            slowMembers: SlowMemberPolicy(
                action: action,
                maximumBytesBehind: maximumBytesBehind,
                maximumTimeBehind: maximumTimeBehind,
                publishersWaitAboveBytes: publishersWaitAboveBytes,
                progressGrace: progressGrace
            )
        )
    }

    /// Joins members that report what they lost.
    private static func reporting(_ losses: Watched<[Int]>) -> GroupFixture.Admission {
        { group, connection in
            let member = group.join(connection)
            member.onLoss { losses.append($0.messageCount) }
            return member
        }
    }

    /// The most that was seen of a member at the ends of turns.
    private struct Peaks: Sendable {
        var bytesBehind = 0
        var slabs = 0
        /// Turns in which it was written to with all others although its socket was full.
        var mistakes = 0
    }

    private func peaks(of peer: GroupPeer, during body: () async throws -> Void) async throws -> Peaks {
        let peaks = Watched(Peaks())
        let (loop, member) = (peer.loop, peer.member)
        let hook = try await loop.run {
            loop.addTurnHook {
                peaks.update {
                    $0.bytesBehind = max($0.bytesBehind, member.bytesBehind)
                    $0.slabs = max($0.slabs, loop.slabs.takenSlabs)
                    if case .ready = member.standing, member.core.isHolding { $0.mistakes += 1 }
                }
            }
        }
        do {
            try await body()
        } catch {
            try await loop.run { loop.removeTurnHook(hook) }
            throw error
        }
        try await loop.run { loop.removeTurnHook(hook) }
        #expect(peaks.value.mistakes == 0)
        return peaks.value
    }

    // MARK: Closing

    @Test(arguments: [2_000, 60_000, 300_000])
    func `who is too many bytes behind is closed with 1008, while the others get everything`(
        bytes: Int
    ) async throws {
        let limit = 1 << 20
        try await withGroup(Self.configuration(.close, maximumBytesBehind: limit)) { fixture in
            let group = fixture.group
            let (healthy, slow) = (try await fixture.connect(), try await fixture.connectSlowly())
            var sent = 0
            let peaks = try await peaks(of: slow) {
                while group.memberCount == 2 {
                    let number = sent
                    try await fixture.loop.run { _ = group.trySend(.numbered(number, bytes: bytes)) }
                    #expect(try await healthy.raw.message().number == number)
                    sent += 1
                }
            }
            let (messages, code) = try await slow.raw.messagesToClose()
            #expect(code == 1008)
            #expect(messages.map(\.number) == Array(0..<messages.count) && messages.count < sent)
            let close = await slow.webSocket.waitUntilClosed()
            #expect(close.code == .policyViolation && close.initiator == .local)
            #expect(peaks.bytesBehind > limit / 2)
            #expect(peaks.bytesBehind <= limit + SlabPool.slabBytes + bytes + 100)
            #expect(peaks.slabs * SlabPool.slabBytes <= 2 * (limit + bytes) + 4 * SlabPool.slabBytes)
            #expect(group.lostMessageCount == 0)
            try await fixture.waitUntilNothingIsHeld()
            try await fixture.loop.run { _ = group.trySend("still there") }
            #expect(try await healthy.raw.texts(1) == ["still there"])
        }
    }

    /// A socket may be full of what the group sent, or of what was for this member alone.
    @Test(arguments: [false, true])
    func `who is too long behind is closed with 1008`(isFullOfItsOwn: Bool) async throws {
        try await withGroup(Self.configuration(.close, maximumTimeBehind: .milliseconds(200))) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            if isFullOfItsOwn {
                _ = try await slow.fill()
            } else {
                let member = slow.member
                while try await fixture.loop.run({ member.bytesBehind }) < 500_000, group.memberCount == 1 {
                    try await fixture.loop.run { _ = group.trySend(GroupPeer.filler) }
                }
            }
            try await fixture.loop.run { _ = group.trySend("waits for too long") }
            try await fixture.waitForMembers(0)
            let (messages, code) = try await slow.raw.messagesToClose()
            #expect(code == 1008 && messages.allSatisfy { $0 == GroupPeer.filler })
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `who is behind but within the limits is left alone, and gets everything`() async throws {
        let configuration = Self.configuration(.close, maximumBytesBehind: 16 << 20, maximumTimeBehind: .seconds(30))
        try await withGroup(configuration) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            let peaks = try await peaks(of: slow) {
                for turn in 0..<100 {
                    try await fixture.loop.run {
                        for index in 0..<5 { group.trySend(.numbered(turn * 5 + index, bytes: 30_000)) }
                    }
                }
                #expect(try await slow.raw.messages(500).map(\.number) == Array(0..<500))
            }
            #expect(peaks.bytesBehind > 1 << 20, "it was behind")
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test(arguments: [SlowMemberPolicy.Action.close, .dropOldest])
    func `own messages between those of others cannot pile up without limit`(
        action: SlowMemberPolicy.Action
    ) async throws {
        let losses = Watched<[Int]>([])
        try await withGroup(Self.configuration(action), admit: Self.reporting(losses)) { fixture in
            let group = fixture.group
            // What nobody but its sender is there for is not kept.
            let witness = try await fixture.connect()
            let slow = try await fixture.connectSlowly()
            let fillers = try await slow.fill()
            try await fixture.loop.run {
                for number in 0...MemberCursor.maximumSkips {
                    group.trySend("own", from: slow.member)
                    group.trySend(.numbered(number))
                }
            }
            switch action {
            case .close:
                try await fixture.waitForMembers(1)
                #expect(try await slow.raw.messagesToClose().code == 1008)
            case .dropOldest, .dropNewest:
                try await losses.wait { !$0.isEmpty }
                try await fixture.loop.run { _ = group.trySend("end") }
                try await slow.readFillers(fillers)
                let received = try await slow.raw.messages { $0 == "end" }
                #expect(received.count + losses.value.reduce(0, +) == MemberCursor.maximumSkips + 1)
            }
            withExtendedLifetime(witness) {}
        }
    }

    // MARK: Dropping

    @Test(arguments: [SlowMemberPolicy.Action.dropOldest, .dropNewest], 1...3 as ClosedRange<UInt64>)
    func `what a slow member gets, and what it is told it lost, is everything`(
        action: SlowMemberPolicy.Action,
        seed: UInt64
    ) async throws {
        let limit = 600_000
        let losses = Watched<[Int]>([])
        let configuration = Self.configuration(action, maximumBytesBehind: limit)
        try await withGroup(configuration, admit: Self.reporting(losses)) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            let allowed = Watched(0)
            let reading = Task {
                var received: [Int] = []
                while true {
                    let count = received.count
                    try await allowed.wait { $0 > count }
                    let message = try await slow.raw.message()
                    if message == "end" { return received }
                    received.append(message.number ?? -1)
                }
            }
            var random = SplitMix(state: seed)
            var (sent, own) = (0, Set<Int>())
            var (largestTurn, largest) = (0, 0)
            let peaks = try await peaks(of: slow) {
                for _ in 0..<6 {
                    for _ in 0..<40 {
                        let turn = (0..<Int.random(in: 1...40, using: &random)).map { index in
                            (
                                message: WebSocketMessage.numbered(sent + index, bytes: Self.size(&random)),
                                isOwn: Int.random(in: 0..<6, using: &random) == 0
                            )
                        }
                        for (index, item) in turn.enumerated() where item.isOwn { own.insert(sent + index) }
                        sent += turn.count
                        largestTurn = max(largestTurn, turn.reduce(0) { $0 + $1.message.bytes.count + 20 })
                        largest = max(largest, turn.map(\.message.bytes.count).max() ?? 0)
                        try await fixture.loop.run {
                            for item in turn { group.trySend(item.message, from: item.isOwn ? slow.member : nil) }
                        }
                    }
                    let more = Int.random(in: 50...800, using: &random)
                    allowed.update { $0 += more }
                }
                allowed.update { $0 = .max }
                try await fixture.waitUntilNothingIsHeld()
                try await fixture.loop.run { _ = group.trySend("end") }
            }
            let received = try await reading.value
            let lost = losses.value.reduce(0, +)
            #expect(lost > 0 && lost == group.lostMessageCount)
            #expect(received == received.sorted() && Set(received).isDisjoint(with: own))
            #expect(Set(received).count == received.count)
            #expect(received.count + lost == sent - own.count)
            #expect(peaks.bytesBehind <= limit + SlabPool.slabBytes + largestTurn)
            #expect(
                peaks.slabs * SlabPool.slabBytes <= 2 * (limit + largestTurn + largest) + 4 * SlabPool.slabBytes,
                "\(peaks.slabs) slabs"
            )
        }
    }

    /// Most are short, some long, a few of several fragments.
    private static func size(_ random: inout SplitMix) -> Int {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<16: Int.random(in: 0...500, using: &random)
        case 16..<19: Int.random(in: 0...20_000, using: &random)
        default: Int.random(in: 70_000...200_000, using: &random)
        }
    }

    @Test func `with dropOldest, messages that are too old are not sent any more`() async throws {
        let losses = Watched<[Int]>([])
        let configuration = Self.configuration(.dropOldest, maximumTimeBehind: .milliseconds(200))
        try await withGroup(configuration, admit: Self.reporting(losses)) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            let fillers = try await slow.fill()
            try await fixture.loop.run { for number in 0..<10 { group.trySend(.numbered(number)) } }
            try await losses.wait { $0.reduce(0, +) == 10 }
            // Sent only now, lest it grow too old as well.
            try await slow.readFillers(fillers)
            try await fixture.loop.run { _ = group.trySend("new") }
            let received = try await slow.raw.message()
            #expect(received == "new")
        }
    }

    @Test func `with dropNewest, who is too long behind gets the old, not the new, and is told in between`()
        async throws
    {
        let announce: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            member.onLoss {
                _ = connection.trySend("lost \($0.messageCount)")
                group.trySend("right behind")
            }
            return member
        }
        let configuration = Self.configuration(.dropNewest, maximumTimeBehind: .milliseconds(200))
        try await withGroup(configuration, admit: announce) { fixture in
            let (group, loop, policy) = (fixture.group, fixture.loop, configuration.slowMembers)
            let slow = try await fixture.connectSlowly()
            let member = slow.member
            let fillers = try await slow.fill()
            try await loop.run { for number in 0..<10 { group.trySend(.numbered(number)) } }
            try await eventually("it reads on") {
                try await loop.run {
                    member.timeBehind(loop.now) > 200 && !member.isTooFarBehind(policy, maximumTime: 200, loop.now)
                }
            }
            try await loop.run { for number in 10..<15 { group.trySend(.numbered(number)) } }
            try await slow.readFillers(fillers)
            #expect(try await slow.raw.messages(10).map(\.number) == Array(0..<10))
            try await fixture.waitUntilNothingIsHeld()
            try await loop.run { for number in 15..<18 { group.trySend(.numbered(number)) } }
            #expect(try await slow.raw.texts(2) == ["lost 5", "right behind"])
            #expect(try await slow.raw.messages(3).map(\.number) == [15, 16, 17])
            #expect(group.lostMessageCount == 5)
        }
    }

    @Test func `with dropNewest, what is for a member alone comes behind what it has lost until then`() async throws {
        let admit: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            member.noticeLoss { "lost \($0.messageCount) to \($0.end.number)" }
            return member
        }
        let configuration = Self.configuration(.dropNewest, maximumTimeBehind: .milliseconds(200))
        try await withGroup(configuration, admit: admit) { fixture in
            let (group, loop, policy) = (fixture.group, fixture.loop, configuration.slowMembers)
            let slow = try await fixture.connectSlowly()
            let member = slow.member
            let fillers = try await slow.fill()
            try await loop.run { for number in 0..<10 { group.trySend(.numbered(number)) } }
            try await eventually("it reads on") {
                try await loop.run {
                    member.timeBehind(loop.now) > 200 && !member.isTooFarBehind(policy, maximumTime: 200, loop.now)
                }
            }
            try await loop.run {
                for number in 10..<15 { group.trySend(.numbered(number)) }
                _ = slow.connection.trySend("alone")
                _ = slow.connection.trySend("again")
                group.trySend(.numbered(15))
            }
            try await slow.readFillers(fillers)
            #expect(try await slow.raw.messages(10).map(\.number) == Array(0..<10))
            #expect(try await slow.raw.texts(4) == ["lost 5 to 15", "alone", "again", "lost 1 to 16"])
            try await fixture.waitUntilNothingIsHeld()
            try await loop.run { _ = group.trySend(.numbered(16)) }
            #expect(try await slow.raw.message().number == 16)
            #expect(group.lostMessageCount == 6)
        }
    }

    /// What an application may do when it hears of a loss.
    enum Reaction: CaseIterable {
        case leave, close, send
    }

    @Test(arguments: [SlowMemberPolicy.Action.dropOldest, .dropNewest], Reaction.allCases)
    func `whoever hears of a loss may leave, close or send at once`(
        action: SlowMemberPolicy.Action,
        reaction: Reaction
    ) async throws {
        let admit: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            member.onLoss { _ in
                switch reaction {
                case .leave: member.leave()
                case .close: connection.close()
                case .send: group.trySend("sent on", from: member, includingSender: true)
                }
            }
            return member
        }
        try await withGroup(Self.configuration(action, maximumBytesBehind: 500_000), admit: admit) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            let fillers = try await slow.fill()
            for number in 0..<30 {
                try await fixture.loop.run { _ = group.trySend(.numbered(number, bytes: 60_000)) }
            }
            try await slow.readFillers(fillers)
            switch reaction {
            case .leave:
                let reading = Task { try await slow.raw.messages { $0 == "end" } }
                try await fixture.waitForMembers(0)
                try await fixture.loop.run { _ = slow.connection.trySend("end") }
                let numbers = try await reading.value.compactMap(\.number)
                #expect(numbers == numbers.sorted())
            case .close:
                let (messages, code) = try await slow.raw.messagesToClose()
                let numbers = messages.compactMap(\.number)
                #expect(code == 1000 && numbers == numbers.sorted())
            case .send:
                let received = try await slow.raw.messages { $0 == "sent on" }
                let numbers = received.compactMap(\.number)
                #expect(numbers == numbers.sorted() && group.lostMessageCount > 0)
            }
            try await fixture.waitUntilNothingIsHeld()
        }
    }
}

extension SlowMemberTests {
    @Test func `a turn's own messages are no lag, and publishers go on when a member has caught up`() async throws {
        let configuration = BroadcastGroup.Configuration(
            slowMembers: SlowMemberPolicy(maximumBytesBehind: 64 << 10, publishersWaitAboveBytes: 32 << 10)
        )
        try await withGroup(configuration) { fixture in
            let group = fixture.group
            let (publisher, reader) = (try await fixture.connect(), try await fixture.connect())
            async let received = reader.raw.messages(2_000)
            for turn in 0..<20 {
                try await fixture.loop.run {
                    for number in 0..<100 {
                        group.trySend(.numbered(100 * turn + number, bytes: 1_000), from: publisher.member)
                    }
                }
                try await eventually("publishers wait") { !group.congestion.isByMembers }
            }
            #expect(try await received.map(\.number) == Array(0..<2_000))
            try await publisher.expectNothingMore()
        }
    }
}
