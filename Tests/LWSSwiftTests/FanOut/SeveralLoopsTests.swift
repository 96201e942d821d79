import Dispatch
import TestSupport
import Testing

@testable import LWSSwift

/// Members of one group on several loops.
@Suite(.timeLimit(.minutes(2))) struct SeveralLoopsTests {
    @Test(arguments: [2, 3])
    func `members on all loops get all messages in one order, their own left out`(loops: Int) async throws {
        try await withGroup(loops: loops) { fixture in
            var listeners: [GroupPeer] = []
            var peers: [GroupPeer] = []
            for loop in 0..<loops {
                listeners.append(try await fixture.connect(loop: loop))
                peers += try await fixture.connect(2, loop: loop)
            }
            let count = 150
            try await withThrowingTaskGroup { tasks in
                for (number, peer) in peers.enumerated() {
                    tasks.addTask {
                        for index in 0..<count { try await peer.raw.send(.text("\(number) \(index)")) }
                    }
                }
                try await tasks.waitForAll()
            }
            let order = try await listeners[0].raw.texts(count * peers.count)
            for listener in listeners.dropFirst() {
                #expect(try await listener.raw.texts(order.count) == order)
            }
            for (number, peer) in peers.enumerated() {
                #expect(order.filter { $0.hasPrefix("\(number) ") } == (0..<count).map { "\(number) \($0)" })
                let received = try await peer.raw.texts(count * (peers.count - 1))
                #expect(received == order.filter { !$0.hasPrefix("\(number) ") })
                try await peer.expectNothingMore()
            }
        }
    }

    @Test func `a message's number is its place, on whichever loop its sender lives`() async throws {
        let numbers = Watched<[String: UInt64]>([:])
        let admit: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            let loop = member.core.loop
            connection.onMessage { message in
                group.trySend(message, from: member, includingSender: true) { place in
                    precondition(loop.isCurrent)
                    numbers.update { $0[message.text ?? ""] = place.position.number }
                }
            }
            return member
        }
        try await withGroup(loops: 3, admit: admit) { fixture in
            var peers: [GroupPeer] = []
            for loop in 0..<3 { peers.append(try await fixture.connect(loop: loop)) }
            let count = 100
            try await withThrowingTaskGroup { tasks in
                for (number, peer) in peers.enumerated() {
                    tasks.addTask {
                        for index in 0..<count { try await peer.raw.send(.text("\(number) \(index)")) }
                    }
                }
                try await tasks.waitForAll()
            }
            var orders: [[String]] = []
            for peer in peers { orders.append(try await peer.raw.texts(3 * count)) }
            #expect(orders[0] == orders[1] && orders[0] == orders[2])
            try await numbers.wait { $0.count == 3 * count }
            for (place, text) in orders[0].enumerated() { #expect(numbers.value[text] == UInt64(place + 1)) }
        }
    }

    @Test func `a message for one member keeps its place on another loop`() async throws {
        try await withGroup(loops: 2) { fixture in
            let group = fixture.group
            let peer = try await fixture.connect(loop: 1)
            for turn in 0..<50 {
                try await fixture.loops[0].run { for index in 0..<4 { group.trySend("\(turn) \(index)") } }
                // What comes back tells that the others have arrived on this loop too.
                #expect(try await peer.raw.texts(4) == (0..<4).map { "\(turn) \($0)" })
                try await peer.loop.run { _ = peer.connection.trySend("\(turn) own") }
                #expect(try await peer.raw.texts(1) == ["\(turn) own"])
            }
        }
    }

    @Test func `a slow member on another loop holds back publishers on every loop`() async throws {
        let configuration = BroadcastGroup.Configuration(
            slowMembers: SlowMemberPolicy(
                maximumBytesBehind: 64 << 20,
                publishersWaitAboveBytes: 256 << 10,
                progressGrace: .seconds(20)
            )
        )
        try await withGroup(configuration, loops: 2) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly(loop: 1)
            let publishers = [try await fixture.connect(loop: 0), try await fixture.connect(loop: 1)]
            var fillers = 0
            while !group.congestion.isByMembers {
                try await fixture.loop.run { _ = group.trySend(GroupPeer.filler) }
                for publisher in publishers { #expect(try await publisher.raw.message() == GroupPeer.filler) }
                fillers += 1
            }
            for publisher in publishers {
                let (loop, member) = (publisher.loop, publisher.member)
                let result = try await loop.run { group.trySend("one more", from: member) }
                #expect(result == .congested)
            }
            #expect(try await publishers[0].raw.texts(1) == ["one more"])
            #expect(try await publishers[1].raw.texts(1) == ["one more"])
            // They are read from again when it has caught up.
            for (number, publisher) in publishers.enumerated() { try await publisher.raw.send(.text("\(number)")) }
            let sending = Task { try await group.send("from a task") }
            try await slow.readFillers(fillers)
            let rest = try await slow.raw.texts(5)
            #expect(rest.prefix(2) == ["one more", "one more"])
            #expect(rest.dropFirst(2).sorted() == ["0", "1", "from a task"])
            try await sending.value
        }
    }

    // MARK: Between the loops

    @Test(arguments: [0, 1])
    func `more than the limit on its way between loops holds publishers back until it has arrived`(
        from index: Int
    ) async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.maximumRelayBytes = 100_000
        try await withGroup(configuration, loops: 2) { fixture in
            let group = fixture.group
            let (loop, other) = (fixture.loops[index], fixture.loops[1 - index])
            let peer = try await fixture.connect(loop: 1 - index)
            let publisher = try await fixture.connect(loop: index)
            // The other loop is busy.
            let (isBusy, goOn) = (Watched(false), DispatchSemaphore(value: 0))
            other.execute {
                isBusy.update { $0 = true }
                goOn.wait()
            }
            try await isBusy.wait { $0 }
            let first = try await loop.run { group.trySend(.numbered(0, bytes: 150_000)) }
            #expect(first == .queued)
            try await eventually("it is on its way") {
                try await loop.run { group.trySend("more", from: publisher.member, includingSender: true) }
                    == .congested
            }
            // It is not read from now; what it sends arrives later.
            try await publisher.raw.send(.text("at last"))
            goOn.signal()
            #expect(try await peer.raw.message().number == 0)
            let rest = try await peer.raw.messages { $0 == "at last" }
            #expect(!rest.isEmpty && rest.allSatisfy { $0 == "more" })
        }
    }

    /// A closure may be called while the end of a turn writes. With nothing else to do its loop went to sleep on what the
    /// closure sent to another loop, until some event came: for half a minute with poll(). lws' plugin for libuv goes round
    /// once more by itself.
    @Test(arguments: [ServiceLoop.EventLibrary.libuv, .poll])
    func `what a closure sends at the end of a turn does not wait for another event`(
        eventLibrary: ServiceLoop.EventLibrary
    ) async throws {
        let admit: GroupFixture.Admission = { group, connection in
            let member = group.join(connection)
            connection.onMessage { message in _ = connection.trySend(message) }
            connection.onWritable { group.trySend("there is room") }
            return member
        }
        var limits = ConnectionLimits.patient
        limits.outbound = .init(lowBytes: 0, highBytes: 10)
        try await withGroup(loops: 2, eventLibrary: eventLibrary, limits: limits, admit: admit) { fixture in
            let reader = try await fixture.connect(loop: 0)
            let writer = try await fixture.connect(loop: 1)
            let clock = ContinuousClock()
            for _ in 0..<3 {
                let begin = clock.now
                try await writer.raw.send(.text("above the high mark"))
                #expect(try await reader.raw.texts(1) == ["there is room"])
                #expect(clock.now - begin < .seconds(2), "it waited for something else")
            }
        }
    }

    @Test func `a flood between loops arrives whole, under a small limit`() async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.maximumRelayBytes = 50_000
        try await withGroup(configuration, loops: 2) { fixture in
            let publishers = [try await fixture.connect(loop: 0), try await fixture.connect(loop: 1)]
            let readers = [try await fixture.connect(loop: 0), try await fixture.connect(loop: 1)]
            let count = 300
            try await withThrowingTaskGroup { tasks in
                for (number, publisher) in publishers.enumerated() {
                    tasks.addTask {
                        for index in 0..<count {
                            let text = "\(number * count + index) " + String(repeating: "x", count: 5_000)
                            try await publisher.raw.send(.text(text))
                        }
                    }
                }
                for reader in readers {
                    tasks.addTask {
                        let numbers = try await reader.raw.messages(2 * count).compactMap(\.number)
                        let (first, second) = (numbers.filter { $0 < count }, numbers.filter { $0 >= count })
                        #expect(first == Array(0..<count) && second == Array(count..<2 * count))
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    // MARK: Ends

    @Test func `the end of another loop does not hold back the rest`() async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.maximumRelayBytes = 100_000
        try await withGroup(configuration, loops: 3) { fixture in
            let group = fixture.group
            let peers = [try await fixture.connect(loop: 0), try await fixture.connect(loop: 1)]
            let gone = try await fixture.connect(loop: 2)
            async let shutdown: Void = fixture.loops[2].shutdown()
            #expect(try await gone.raw.messagesToClose().code == 1001)
            await shutdown
            #expect(group.memberCount == 2)
            for number in 0..<20 {
                for loop in fixture.loops[..<2] {
                    try await loop.run { _ = group.trySend(.numbered(number, bytes: 30_000)) }
                }
                for peer in peers { #expect(try await peer.raw.messages(2).map(\.number) == [number, number]) }
            }
            for loop in fixture.loops[..<2] {
                try await eventually("publishers are held back") {
                    try await loop.run { group.trySend("x") } == .queued
                }
            }
            try await group.send("still there")
        }
    }

    @Test func `the end of the first loop ends what is sent, and nothing else`() async throws {
        try await withGroup(loops: 2) { fixture in
            let group = fixture.group
            let peer = try await fixture.connect(loop: 1)
            await fixture.loop.shutdown()
            await #expect { try await group.send("too late") } throws: {
                ($0 as? WebSocketError)?.code == .loopStopped
            }
            for _ in 0..<10 {
                try await peer.loop.run {
                    group.trySend("to nobody")
                    _ = peer.connection.trySend("own")
                }
            }
            #expect(try await peer.raw.texts(10) == Array(repeating: "own", count: 10))
            try await peer.raw.close()
            try await fixture.waitForMembers(0)
        }
    }

    @Test func `loops may end while messages travel between them`() async throws {
        var limits = ConnectionLimits.patient
        limits.closeTimeout = .milliseconds(200)
        try await withGroup(loops: 3, limits: limits) { fixture in
            let group = fixture.group
            let peers =
                try await fixture.connect(2, loop: 0) + fixture.connect(2, loop: 1) + fixture.connect(2, loop: 2)
            let sent = Watched(0)
            await withTaskGroup { tasks in
                for peer in peers {
                    tasks.addTask {
                        // Until its connection ends.
                        while (try? await peer.raw.send(.text("x"))) != nil { sent.update { $0 += 1 } }
                    }
                }
                tasks.addTask {
                    do {
                        while true { try await group.send("from a task") }
                    } catch {
                        #expect((error as? WebSocketError)?.code == .loopStopped)
                    }
                }
                tasks.addTask {
                    try? await sent.wait { $0 > 500 }
                    for loop in [1, 0, 2] { await fixture.loops[loop].shutdown() }
                    for peer in peers { await peer.raw.endSending() }
                }
            }
        }
    }
}
