import TestSupport
import Testing

@testable import LWSSwift

/// What a member gets that is the first of its format, on a loop that does not make the order.
@Suite(.timeLimit(.minutes(1))) struct FirstOfFormatTests {
    private static let envelope = BroadcastEnvelope(
        [.message(prefix: "a "), .other { message, place in .text("\(place.position.number) \(message.text ?? "")") }],
        userInfo: "ann"
    )

    @Test func `it misses nothing that was sent behind its place`() async throws {
        try await withGroup(loops: 2) { fixture in
            let peer = try await fixture.connect(loop: 1)
            let group = BroadcastGroup(on: fixture.loops, .init(formats: 2))
            try await fixture.loops[0].run {
                group.trySend("before", in: Self.envelope)
                group.inOrder(on: fixture.loops[1]) { group.join(peer.connection, format: 1) }
                // It has joined on its loop when this arrives there, but has not yet when it is encoded here.
                group.trySend("behind", in: Self.envelope)
                group.announce("told", in: Self.envelope)
            }
            #expect(try await peer.raw.texts(2) == ["2 behind", "2 told"])
        }
    }

    @Test func `what a join would come to is what it comes to`() async throws {
        try await withGroup { fixture in
            let peer = try await fixture.connect()
            let configuration = BroadcastGroup.Configuration(formats: 2, history: .init(maximumMessages: 2))
            let group = BroadcastGroup(on: fixture.loops, configuration)
            try await fixture.loop.run {
                for text in ["one", "two", "three"] { group.trySend(.text(text), in: Self.envelope) }
                let replay = BroadcastGroup.Replay.after(group.place(0))
                let expected = group.resumption(of: replay)
                #expect(expected.missing == .expired(count: 1))
                #expect(expected.start == group.place(1))
                #expect(group.join(peer.connection, format: 1, replaying: replay).resumption == expected)
                #expect(group.records(after: 1, limit: 5).map { $0.envelope?.userInfo as? String } == ["ann", "ann"])
            }
            #expect(try await peer.raw.texts(2) == ["2 two", "3 three"])
        }
    }
}
