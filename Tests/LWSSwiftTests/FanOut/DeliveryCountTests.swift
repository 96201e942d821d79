import TestSupport
import Testing

@testable import LWSSwift

/// Every publication is accounted for, for every member, at every moment.
@Suite(.timeLimit(.minutes(2))) struct DeliveryCountTests {
    private static let actions: [SlowMemberPolicy.Action] = [.close, .dropOldest, .dropNewest]

    @Test(arguments: actions, [1, 2])
    func `what is due is sent, lost, too late or in flight`(action: SlowMemberPolicy.Action, loops: Int) async throws {
        let configuration = BroadcastGroup.Configuration(
            slowMembers: .init(
                action: action,
                maximumBytesBehind: 1 << 20,
                maximumTimeBehind: nil,
                publishersWaitAboveBytes: nil
            ),
            history: .init()
        )
        try await withGroup(configuration, loops: loops, admit: { $0.join($1) }) { fixture in
            let group = fixture.group
            var random = SystemRandomNumberGenerator()
            var peers: [GroupPeer] = []
            for index in 0..<8 {
                let loop = index % loops
                peers.append(
                    try await index < 4 ? fixture.connect(loop: loop) : fixture.connectSlowly(loop: loop)
                )
            }
            let readers = peers.prefix(3).map { peer in
                Task { _ = try? await peer.raw.messagesToClose() }
            }
            let most = Watched<Int>(0)
            for turn in 0..<300 {
                let members = peers.map(\.member)
                for (index, loop) in fixture.loops.enumerated() {
                    let count = Int.random(in: 1...5, using: &random)
                    let bytes = Int.random(in: 0...30_000, using: &random)
                    try await loop.run {
                        for number in 0..<count {
                            let sender = number % 2 == 0 ? members.first { $0.core.loop === loop } : nil
                            group.trySend(.numbered(number, bytes: bytes), from: sender)
                            if number == 1 { group.announce("news") }
                        }
                        #expect(group.deliveries.isBalanced, "\(index): \(group.deliveries)")
                    }
                    try await loop.run {
                        #expect(group.deliveries.isBalanced, "\(index): \(group.deliveries)")
                        #expect(loop.figures.deliveries == group.deliveries)
                        let inFlight = group.deliveries.inFlight
                        most.update { $0 = max($0, inFlight) }
                    }
                }
                if turn == 150 { try await peers[7].loop.run { members[7].leave() } }
                if turn == 200 { await peers[3].raw.end() }
            }
            #expect(most.value > 0)
            for peer in peers.prefix(3) { try await peer.loop.run { peer.connection.close(code: .goingAway) } }
            for reader in readers { await reader.value }
            for peer in peers { await peer.raw.end() }
            try await fixture.waitForMembers(0)
            var sum = BroadcastDeliveries()
            for loop in fixture.loops { sum = sum + (try await loop.run { group.deliveries }) }
            #expect(sum.isBalanced && sum.inFlight == 0 && sum.sent > 0 && sum.endedBefore > 0)
            #expect(sum.lost == group.lostMessageCount)
            var figures = LoopFigures()
            for loop in fixture.loops { figures = figures + (try await loop.run { loop.figures }) }
            #expect(figures.deliveries == sum)
            let published = figures.published.messages + figures.broadcasts[0].published.messages
            #expect(try await fixture.loop.run { Int(group.position.number) } == published)
            if action == .dropOldest { #expect(sum.lost > 0) }
        }
    }

    @Test func `what is due are publications times members, but for senders that do not get their own`() async throws {
        try await withGroup(admit: { $0.join($1) }) { fixture in
            let group = fixture.group
            let peers = try await fixture.connect(5)
            try await fixture.loop.run {
                for _ in 0..<10 {
                    group.trySend("for all")
                    group.trySend("for all but one", from: peers[0].member)
                    group.announce("no publication")
                }
                #expect(group.deliveries.due == 10 * 5 + 10 * 4)
                #expect(group.deliveries.inFlight == 90)
            }
            for peer in peers { _ = try await peer.raw.messages(peer.member === peers[0].member ? 20 : 30) }
            try await fixture.loop.run {
                #expect(group.deliveries.sent == 90 && group.deliveries.inFlight == 0)
            }
        }
    }
}

extension LoopFigures {
    fileprivate var deliveries: BroadcastDeliveries { broadcasts.reduce(.init()) { $0 + $1.deliveries } }
}

extension BroadcastDeliveries {
    fileprivate var isBalanced: Bool { due == sent + lost + endedBefore + inFlight }
}
