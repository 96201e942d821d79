import TestSupport
import Testing

@testable import LWSSwift

/// Members that come back, and what they are sent.
@Suite(.timeLimit(.minutes(2))) struct HistoryTests {
    /// What the next connection joins with, and what came of it.
    private final class Door: Sendable {
        let replay = Watched<BroadcastGroup.Replay?>(nil)
        let tag = Watched<BroadcastGroup.SessionTag?>(nil)
        let format = Watched<Int>(0)
        let resumptions = Watched<[BroadcastGroup.Resumption]>([])

        var admit: GroupFixture.Admission {
            { [self] group, connection in
                guard let replay = replay.value else {
                    return group.join(connection, format: format.value, tag: tag.value)
                }
                let joined = group.join(connection, format: format.value, replaying: replay, tag: tag.value)
                resumptions.append(joined.resumption)
                return joined.member
            }
        }
    }

    private static func configuration(
        formats: Int = 1,
        _ history: BroadcastGroup.History = .init()
    ) -> BroadcastGroup.Configuration {
        .init(formats: formats, history: history, epoch: 35)
    }

    private static func position(_ number: UInt64) -> BroadcastGroup.Position { .init(epoch: 35, number: number) }

    @Test(arguments: [1, 2])
    func `who comes back gets what it missed and then what comes, nothing twice`(loops: Int) async throws {
        let door = Door()
        try await withGroup(Self.configuration(), loops: loops, admit: door.admit) { fixture in
            let group = fixture.group
            let loop = fixture.loop
            try await loop.run { for number in 1...500 { group.trySend(.numbered(number)) } }
            await fixture.settle()
            for index in 0..<loops {
                let after = UInt64.random(in: 0...500)
                door.replay.update { $0 = .after(Self.position(after)) }
                // More is sent while it joins.
                async let sent: Void = {
                    for _ in 0..<20 { try await loop.run { for _ in 0..<5 { group.trySend("live") } } }
                }()
                let peer = try await fixture.connect(loop: index)
                try await sent
                let last = try await loop.run { group.position.number }
                var expected = (after + 1)...last
                for message in try await peer.raw.messages(Int(last - after)) {
                    let number = expected.lowerBound
                    let isLive = number > 500
                    #expect(isLive ? message == "live" : message.number == Int(number))
                    if number < last { expected = (number + 1)...last }
                }
                try await peer.expectNothingMore()
                let resumption = try #require(door.resumptions.value.last)
                #expect(resumption.start == Self.position(after) && resumption.missing == nil)
            }
        }
    }

    @Test func `what is missing is told, and what is kept is sent`() async throws {
        let door = Door()
        let configuration = Self.configuration(.init(maximumMessages: 10))
        try await withGroup(configuration, admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run { for number in 1...30 { group.trySend(.numbered(number)) } }
            typealias Case = (replay: BroadcastGroup.Replay, start: UInt64, missing: BroadcastGroup.Resumption.Missing?)
            let cases: [Case] = [
                (.after(Self.position(30)), 30, nil), (.after(Self.position(29)), 29, nil),
                (.after(Self.position(20)), 20, nil), (.after(Self.position(19)), 20, .expired(count: 1)),
                (.after(Self.position(0)), 20, .expired(count: 20)), (.after(Self.position(31)), 30, .ahead),
                (.after(Self.position(.max)), 30, .ahead),
                (.after(.init(epoch: 36, number: 29)), 20, .otherEpoch), (.last(0), 30, nil), (.last(-1), 30, nil),
                (.last(3), 27, nil), (.last(.max), 20, nil), (.everything, 20, nil),
            ]
            for (replay, start, missing) in cases {
                door.replay.update { $0 = replay }
                let peer = try await fixture.connect()
                let resumption = try #require(door.resumptions.value.last)
                #expect(resumption == .init(start: Self.position(start), end: Self.position(30), missing: missing))
                let received = try await peer.raw.messages(30 - Int(start)).map(\.number)
                #expect(received == Array(Int(start) + 1..<31), "\(replay)")
                try await peer.expectNothingMore()
            }
        }
    }

    @Test func `many who come back at once are sent what they missed over many turns, in turns`() async throws {
        try await withGroup { fixture in
            let loop = fixture.loop
            let peers = try await fixture.connect(20)
            let turns = Watched(0)
            // Their other group, which has something to tell.
            let (group, hook) = try await loop.run {
                let group = BroadcastGroup(on: loop, Self.configuration())
                for number in 1...100 { group.trySend(.numbered(number, bytes: 5_000)) }
                return (group, loop.addTurnHook { if !loop.replays.isEmpty { turns.update { $0 += 1 } } })
            }
            try await loop.run {
                for peer in peers { _ = group.join(peer.connection, replaying: .everything) }
                _ = group.trySend(.numbered(101))
            }
            for peer in peers { #expect(try await peer.raw.messages(101).map(\.number) == Array(1...101)) }
            // They missed 500,000 bytes each; not even a tenth of that is sent in a turn.
            #expect(turns.value > 20)
            try await loop.run { loop.removeTurnHook(hook) }
        }
    }

    @Test func `own messages are left out of what is replayed, and announcements are not kept`() async throws {
        let door = Door()
        let tag = BroadcastGroup.SessionTag(7)
        try await withGroup(Self.configuration(), admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run {
                for number in 1...100 {
                    group.trySend(.numbered(number), tag: number % 3 == 0 ? tag : .init(8))
                    group.announce("news")
                }
            }
            door.replay.update { $0 = .everything }
            door.tag.update { $0 = tag }
            let peer = try await fixture.connect()
            let expected = (1...100).filter { $0 % 3 != 0 }
            #expect(try await peer.raw.messages(expected.count).map(\.number) == expected)
            try await fixture.loop.run { _ = group.announce("late news") }
            #expect(try await peer.raw.texts(1) == ["late news"])
            #expect(try await fixture.loop.run { group.position } == Self.position(100))
        }
    }

    @Test(arguments: [1, 2])
    func `who has come back is not sent what its old connection still says`(loops: Int) async throws {
        let door = Door()
        let tag = BroadcastGroup.SessionTag(7)
        try await withGroup(Self.configuration(), loops: loops, admit: door.admit) { fixture in
            let group = fixture.group
            let witness = try await fixture.connect()
            door.tag.update { $0 = tag }
            let old = try await fixture.connect(loop: loops - 1)
            let new = try await fixture.connect()
            for number in 1...10 {
                try await old.member.subscriber.loop.run {
                    group.trySend(.numbered(number), from: old.member, tag: tag)
                    group.trySend("all", from: old.member, includingSender: true, tag: tag)
                }
            }
            #expect(try await witness.raw.messages(20).count == 20)
            #expect(try await new.raw.texts(10) == Array(repeating: "all", count: 10))
            try await new.expectNothingMore()
            try await new.member.subscriber.loop.run { new.member.leave() }
            // The old one is what is left of it.
            try await old.member.subscriber.loop.run { _ = group.trySend("old", from: old.member, tag: tag) }
            #expect(try await witness.raw.texts(1) == ["old"])
        }
    }

    @Test(arguments: [1, 2])
    func `a message that is larger than the history may be is told to be missing`(loops: Int) async throws {
        let door = Door()
        let history = BroadcastGroup.History(maximumMessages: 100, maximumBytes: 10_000)
        try await withGroup(Self.configuration(history), loops: loops, admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run {
                for number in 1...5 { group.trySend(.numbered(number)) }
                group.trySend(.binary([UInt8](repeating: 7, count: 20_000)))
            }
            door.replay.update { $0 = .after(Self.position(5)) }
            await fixture.settle()
            for index in 0..<loops {
                _ = try await fixture.connect(loop: index)
                let resumption = try #require(door.resumptions.value.last)
                #expect(resumption.missing == .expired(count: 1) && resumption.start == Self.position(6))
            }
        }
    }

    @Test func `a form that is made later is the same, of whatever length`() async throws {
        let door = Door()
        let envelope = BroadcastEnvelope([
            .message(prefix: "ann: "),
            .other { message, place in .text("\(place.position) \(place.time) \(message.bytes.byteCount)") },
        ])
        try await withGroup(Self.configuration(formats: 2), admit: door.admit) { fixture in
            let group = fixture.group
            let lengths = [0, 1, 125, 126, 65_000, 65_535, 65_536, 200_000]
            for format in [0, 1] {
                door.format.update { $0 = format }
                door.replay.update { $0 = nil }
                let witness = try await fixture.connect()
                try await fixture.loop.run {
                    for length in lengths {
                        group.trySend(.text(String(repeating: "x", count: length)), in: envelope)
                        group.trySend(.binary(Array(repeating: 7, count: length)), in: envelope)
                    }
                }
                let live = try await witness.raw.messages(2 * lengths.count)
                door.replay.update { $0 = .last(2 * lengths.count) }
                let peer = try await fixture.connect()
                #expect(try await peer.raw.messages(live.count) == live)
                try await peer.expectNothingMore()
            }
        }
    }

    @Test func `what is sent to a member alone comes behind what is replayed`() async throws {
        let door = Door()
        try await withGroup(Self.configuration(), admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run { for number in 1...200 { group.trySend(.numbered(number, bytes: 5_000)) } }
            door.replay.update { $0 = .everything }
            let peer = try await fixture.connectSlowly()
            try await fixture.loop.run {
                _ = peer.connection.trySend("own")
                group.trySend("live")
                peer.connection.close(code: .goingAway, reason: "")
            }
            let (messages, code) = try await peer.raw.messagesToClose()
            #expect(messages.dropLast(2).map(\.number) == (5...200).map { $0 } || messages.count <= 202)
            #expect(messages.suffix(2) == ["own", "live"] && code == 1_001)
        }
    }

    @Test func `who leaves or ends within what is replayed takes nothing along`() async throws {
        let door = Door()
        try await withGroup(Self.configuration(), admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run {
                for number in 1...4 { group.trySend(.numbered(number, bytes: 200_000)) }
            }
            door.replay.update { $0 = .everything }
            let leaver = try await fixture.connectSlowly()
            let goer = try await fixture.connectSlowly()
            await goer.raw.end()
            try await fixture.loop.run { leaver.member.leave() }
            try await fixture.waitForMembers(0)
            try await fixture.loop.run { _ = leaver.connection.trySend("still here") }
            let received = try await leaver.raw.messages { $0 == "still here" }
            #expect(received.count <= 4, "whole messages, as many as were under way")
        }
    }

    @Test func `a call has its place among the messages on its loop`() async throws {
        try await withGroup(Self.configuration(), loops: 2, admit: { $0.join($1) }) { fixture in
            let group = fixture.group
            let peer = try await fixture.connect(loop: 1)
            let order = Watched<[String]>([])
            let (home, other) = (fixture.loops[0], fixture.loops[1])
            try await home.run {
                for turn in 0..<20 {
                    group.trySend("\(turn)")
                    group.inOrder(on: other) { [group] in
                        order.append("\(group.position.number)")
                        _ = peer.connection.trySend("call \(turn)")
                    }
                    group.inOrder(on: home) { [group] in order.append("home \(group.position.number)") }
                }
            }
            let expected = (0..<20).flatMap { ["\($0)", "call \($0)"] }
            #expect(try await peer.raw.texts(40) == expected)
            #expect(order.value.filter { !$0.hasPrefix("home") } == (1...20).map(String.init))
            #expect(order.value.filter { $0.hasPrefix("home") } == (1...20).map { "home \($0)" })
            let calls = Watched<[UInt64]>([])
            try await other.run {
                for _ in 0..<5 {
                    group.trySend("from here")
                    group.atHome { [group] in calls.append(group.position.number) }
                }
            }
            try await calls.wait { $0.count == 5 }
            #expect(calls.value == [21, 22, 23, 24, 25])
        }
    }

    @Test(arguments: [SlowMemberPolicy.Action.close, .dropOldest, .dropNewest])
    func `who takes nothing of what is replayed to it is let go, whatever the policy`(
        action: SlowMemberPolicy.Action
    ) async throws {
        let door = Door()
        var configuration = Self.configuration(.init(maximumMessages: 10_000, maximumBytes: 12 << 20))
        configuration.slowMembers = .init(
            action: action,
            maximumTimeBehind: .milliseconds(300),
            publishersWaitAboveBytes: nil
        )
        try await withGroup(configuration, admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run { for number in 1...180 { group.trySend(.numbered(number, bytes: 60_000)) } }
            door.replay.update { $0 = .everything }
            let stalled = try await fixture.connectSlowly()
            try await fixture.waitForMembers(0)
            #expect(try await stalled.raw.messagesToClose().code == 1008)
        }
    }

    @Test func `what stalled readers hold of a history that has gone by is bounded`() async throws {
        let door = Door()
        var configuration = Self.configuration(.init(maximumMessages: 10_000, maximumBytes: 6 << 20))
        configuration.slowMembers = .init(
            maximumBytesBehind: 1 << 30,
            maximumTimeBehind: nil,
            publishersWaitAboveBytes: nil,
            progressGrace: .milliseconds(200)
        )
        try await withGroup(configuration, admit: door.admit) { fixture in
            let group = fixture.group
            door.replay.update { $0 = .everything }
            var stalled: [GroupPeer] = []
            // Each finds another history, and so holds one of its own.
            for _ in 0..<8 {
                try await fixture.loop.run { for _ in 0..<110 { group.trySend(.numbered(0, bytes: 60_000)) } }
                stalled.append(try await fixture.connectSlowly())
            }
            try await eventually("some are let go") { group.memberCount <= 4 }
            #expect(try await stalled[0].raw.messagesToClose().code == 1008, "it has stood still for longest")
            withExtendedLifetime(stalled) {}
        }
    }

    @Test func `who lost messages is told in their place`() async throws {
        let door = Door()
        var configuration = Self.configuration()
        configuration.slowMembers = .init(
            action: .dropOldest,
            maximumBytesBehind: 1 << 20,
            maximumTimeBehind: nil,
            publishersWaitAboveBytes: nil
        )
        let losses = Watched<[BroadcastLoss]>([])
        let admit: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            member.onLoss { loss in losses.append(loss) }
            member.noticeLoss { "lost \($0.messageCount) and \($0.announcementCount) from \($0.start) to \($0.end)" }
            return member
        }
        try await withGroup(configuration, admit: admit) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            for number in 1...400 {
                try await fixture.loop.run {
                    group.trySend(.numbered(number, bytes: 20_000))
                    if number % 10 == 0 { group.announce("news") }
                }
            }
            try await fixture.loop.run { _ = group.trySend("end") }
            let received = try await slow.raw.messages { $0 == "end" }
            var (next, lost, news) = (1, 0, 0)
            for message in received {
                if let number = message.number {
                    #expect(number == next)
                    next += 1
                } else if message == "news" {
                    news += 1
                } else {
                    let words = (message.text ?? "").split(separator: " ")
                    let (count, end) = (Int(words[1]) ?? 0, Int(words[7].dropFirst(2)) ?? 0)
                    #expect(words[5] == "z.\(next - 1)" && end == next - 1 + count, "\(words)")
                    lost += count
                    news += Int(words[3]) ?? 0
                    next += count
                }
            }
            #expect(next == 401 && news == 40 && lost > 0)
            #expect(lost == losses.value.reduce(0) { $0 + $1.messageCount })
            #expect(losses.value.allSatisfy { $0.bytesBehind > 1 << 20 })
            #expect(group.lostMessageCount == lost)
        }
        _ = door
    }

    @Test(arguments: [1, 2])
    func `what was written down is restored, and comes in the same places`(loops: Int) async throws {
        let door = Door()
        let written = Watched<[BroadcastRecord]>([])
        try await withGroup(Self.configuration(), loops: loops, admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run {
                group.onRecords { records in
                    records.forEach { record in
                        let copy = BroadcastRecord(
                            position: Self.position(record.number),
                            time: record.time,
                            message: record.message.message,
                            envelope: record.envelope,
                            tag: record.tag
                        )
                        written.update { $0.append(copy) }
                    }
                }
                for number in 1...20 { group.trySend(.numbered(number), tag: .init(UInt64(number))) }
            }
            try await written.wait { $0.count == 20 }
        }
        var configuration = Self.configuration()
        configuration.lastNumber = 20
        try await withGroup(configuration, loops: loops, admit: door.admit) { fixture in
            let group = fixture.group
            try await fixture.loop.run { group.restore(written.value) }
            try await fixture.loop.run { _ = group.trySend(.numbered(21)) }
            door.replay.update { $0 = .after(Self.position(5)) }
            await fixture.settle()
            let peer = try await fixture.connect(loop: loops - 1)
            #expect(try await peer.raw.messages(16).map(\.number) == Array(6...21))
            #expect(
                try await fixture.loop.run { group.records(after: 18, limit: 2).map(\.position.number) } == [19, 20]
            )
            #expect(try await fixture.loop.run { group.records(before: 3, limit: 9).map(\.position.number) } == [1, 2])
        }
    }

    @Test func `a history that is too large is told once, and can be let go`() async throws {
        let exceeded = Watched<Int>(0)
        let budget = HistoryBudget(maximumBytes: 10_000) { exceeded.update { $0 += 1 } }
        let door = Door()
        let configuration = Self.configuration(.init(budget: budget))
        try await withGroup(configuration, admit: door.admit) { fixture in
            let group = fixture.group
            for turn in 1...2 {
                try await fixture.loop.run { for _ in 0..<20 { group.trySend(.numbered(1, bytes: 1_000)) } }
                #expect(
                    exceeded.value == turn && budget.byteCount == group.historyByteCount && budget.byteCount > 20_000
                )
                group.dropHistory()
                try await eventually("the history is held") { budget.byteCount == 0 && group.historyByteCount == 0 }
            }
        }
    }
}
