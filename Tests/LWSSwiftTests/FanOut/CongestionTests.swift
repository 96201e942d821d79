import TestSupport
import Testing

@testable import LWSSwift

/// Publishers are slowed down before members are cut.
@Suite(.timeLimit(.minutes(2))) struct CongestionTests {
    private static func configuration(
        maximumBytesBehind: Int,
        publishersWaitAboveBytes: Int,
        progressGrace: Duration = .seconds(20)
    ) -> BroadcastGroup.Configuration {
        BroadcastGroup.Configuration(
            slowMembers: SlowMemberPolicy(
                maximumBytesBehind: maximumBytesBehind,
                maximumTimeBehind: nil,
                publishersWaitAboveBytes: publishersWaitAboveBytes,
                progressGrace: progressGrace
            )
        )
    }

    /// Sends numbered messages of 16 KiB, as fast as they are taken.
    private func flood(_ peer: GroupPeer, _ count: Int, sent: Watched<Int>) async throws {
        let payload = [UInt8](repeating: 0, count: 16 << 10)
        var frame = RawFrame(.binary, payload).encoded(masked: true)
        let start = frame.count - payload.count
        let key = frame[start - 4..<start]
        for number in 0..<count {
            let text = Array("\(number) ".utf8)
            for (offset, byte) in text.enumerated() { frame[start + offset] = byte ^ key[start - 4 + offset % 4] }
            try await peer.raw.write(frame)
            sent.update { $0 += 1 }
        }
    }

    @Test func `nothing is lost when a publisher floods readers that are ten times slower`() async throws {
        let configuration = Self.configuration(maximumBytesBehind: 4 << 20, publishersWaitAboveBytes: 1 << 20)
        try await withGroup(configuration) { fixture in
            let (group, loop) = (fixture.group, fixture.loop)
            let publisher = try await fixture.connect()
            let readers = [try await fixture.connectSlowly(), try await fixture.connectSlowly()]
            let count = 1_500
            let sent = Watched(0)
            let state = Watched((isHeld: false, holds: 0, bytesBehind: 0))
            let hook = try await loop.run {
                loop.addTurnHook {
                    let isHeld = group.congestion.isByMembers
                    let behind = readers.map(\.member.bytesBehind).max() ?? 0
                    state.update {
                        if isHeld, !$0.isHeld { $0.holds += 1 }
                        $0.isHeld = isHeld
                        $0.bytesBehind = max($0.bytesBehind, behind)
                    }
                    // Readers wait for this value.
                    if isHeld { sent.update { _ in } }
                }
            }
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await flood(publisher, count, sent: sent) }
                for reader in readers {
                    tasks.addTask {
                        for number in 0..<count {
                            // A tenth of the publisher's speed, as long as it is not held back.
                            try await sent.wait { $0 == count || $0 > number * 10 || state.value.isHeld }
                            #expect(try await reader.raw.message().number == number)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            try await loop.run { loop.removeTurnHook(hook) }
            #expect(state.value.holds > 0, "the publisher was held back")
            #expect(state.value.bytesBehind < 4 << 20)
            #expect(group.memberCount == 3 && group.lostMessageCount == 0)
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `a member that takes nothing holds nobody back after the grace`() async throws {
        let configuration = Self.configuration(
            maximumBytesBehind: 64 << 20,
            publishersWaitAboveBytes: 256 << 10,
            progressGrace: .milliseconds(200)
        )
        try await withGroup(configuration) { fixture in
            let publisher = try await fixture.connect()
            let healthy = try await fixture.connect()
            let stalled = try await fixture.connectSlowly()
            let count = 800
            let sent = Watched(0)
            let flooding = Task { try await flood(publisher, count, sent: sent) }
            for number in 0..<count { #expect(try await healthy.raw.message().number == number) }
            try await flooding.value
            let member = stalled.member
            let bytesBehind = try await fixture.loop.run { member.bytesBehind }
            #expect(bytesBehind > 1 << 20, "far above the mark")
            await stalled.raw.reset()
            try await fixture.waitForMembers(2)
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    /// A group of which a member is so far behind that publishers wait.
    private func withCongestedGroup(
        _ body: (GroupFixture, _ slow: GroupPeer, _ fillers: Int) async throws -> Void
    ) async throws {
        let configuration = Self.configuration(maximumBytesBehind: 64 << 20, publishersWaitAboveBytes: 256 << 10)
        var limits = ConnectionLimits.patient
        limits.closeTimeout = .milliseconds(200)
        try await withGroup(configuration, limits: limits) { fixture in
            let group = fixture.group
            let slow = try await fixture.connectSlowly()
            var fillers = 0
            while try await fixture.loop.run({ group.trySend(GroupPeer.filler) }) == .queued { fillers += 1 }
            try await body(fixture, slow, fillers + 1)
        }
    }

    @Test func `a task that sends waits for members that are behind, and goes on when they have caught up`()
        async throws
    {
        try await withCongestedGroup { fixture, slow, fillers in
            let group = fixture.group
            let sent = Watched(0)
            let sending = Task {
                for number in 0..<5 {
                    try await group.send(.numbered(number))
                    sent.update { $0 += 1 }
                }
            }
            for _ in 0..<100 { try await fixture.loop.run {} }
            #expect(sent.value == 0)
            try await slow.readFillers(fillers)
            #expect(try await slow.raw.messages(5).map(\.number) == Array(0..<5))
            try await sending.value
        }
    }

    @Test func `who waits for the members goes on when they have caught up`() async throws {
        try await withCongestedGroup { fixture, slow, fillers in
            let group = fixture.group
            #expect(group.isCongested)
            let isThrough = Watched(false)
            let waiting = Task {
                try await group.waitForMembers()
                isThrough.update { $0 = true }
            }
            for _ in 0..<100 { try await fixture.loop.run {} }
            #expect(!isThrough.value)
            try await slow.readFillers(fillers)
            try await waiting.value
            #expect(!group.isCongested)
            try await group.waitForMembers()
            try await slow.expectNothingMore()
        }
    }

    @Test func `a task that waits can be cancelled, and its message is not sent`() async throws {
        try await withCongestedGroup { fixture, slow, fillers in
            let group = fixture.group
            let first = Task { try await group.send("first") }
            let second = Task { try await group.send("second") }
            for _ in 0..<10 { try await fixture.loop.run {} }
            first.cancel()
            await #expect { try await first.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            let late = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                try await group.send("cancelled before")
            }
            await #expect { try await late.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            try await slow.readFillers(fillers)
            try await second.value
            #expect(try await slow.raw.texts(1) == ["second"])
            try await slow.expectNothingMore()
        }
    }

    @Test func `tasks that wait end with the loop`() async throws {
        try await withCongestedGroup { fixture, _, _ in
            let group = fixture.group
            let sending = (0..<3).map { number in Task { try await group.send(.numbered(number)) } }
            for _ in 0..<10 { try await fixture.loop.run {} }
            await fixture.loop.shutdown()
            for task in sending {
                // Sent to nobody, since all members have gone, or not sent: both are true. It must not wait for ever.
                _ = await task.result
            }
        }
    }

    @Test func `a publisher that is held back is read from again when the member it waits for goes`() async throws {
        try await withCongestedGroup { fixture, slow, _ in
            let (publisher, other) = (try await fixture.connect(), try await fixture.connect())
            let core = publisher.member.core
            for number in 0..<3 { try await publisher.raw.send(RawFrame(.text, Array("\(number)".utf8))) }
            #expect(try await other.raw.texts(1) == ["0"], "what makes it wait is sent")
            let group = fixture.group
            let isOpen = try await fixture.loop.run { core.isOpen && group.congestion.isByMembers }
            #expect(isOpen)
            await slow.raw.reset()
            #expect(try await other.raw.texts(2) == ["1", "2"])
        }
    }
}
