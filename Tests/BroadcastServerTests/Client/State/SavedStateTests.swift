import Foundation
import Testing

@testable import broadcast_server

@Suite struct SavedStateTests {
    private static let state = SavedState(
        channel: ChannelAddress("ws://localhost:8088/team"),
        position: "k3f9.1042",
        session: SessionID(ChatPeer.session),
        unsent: [
            Outbox.Entry(key: "k-1", content: .text("\u{0}\u{1B}\u{2028}\"é e\u{301} 👋\n")),
            Outbox.Entry(key: "k-2", content: .binary([0, 255, 10])),
            Outbox.Entry(key: "k-3", content: .text("")),
        ]
    )

    @Test(arguments: [state, SavedState(channel: ChannelAddress("ws://a/"))])
    func `what is written is read`(state: SavedState) throws {
        #expect(try SavedState(decoding: state.encoded()) == state)
    }

    @Test func `texts come back byte by byte`() throws {
        let texts = try SavedState(decoding: Self.state.encoded()).unsent.map { entry in
            if case .text(let text) = entry.content { Array(text.utf8) } else { [UInt8]() }
        }
        #expect(texts.first == Array("\u{0}\u{1B}\u{2028}\"é e\u{301} 👋\n".utf8))
    }

    @Test func `a name that was not told yet is none of the messages`() throws {
        var state = Self.state
        state.unsent.insert(Outbox.Entry(key: "k-0", content: .name("ann")), at: 0)
        #expect(try SavedState(decoding: state.encoded()) == Self.state)
    }

    @Test(arguments: [
        "", "{}", "null", "[1]", "hello", #"{"program":"other","version":1}"#,
        #"{"program":"broadcast-server connect"}"#,
        #"{"program":"broadcast-server connect","version":0}"#,
        #"{"program":"broadcast-server connect","version":1,"channel":"ws://a/"}"#,
        #"{"program":"broadcast-server connect","version":1,"channel":"ws://a/","unsent":[],"session":"x"}"#,
        #"{"program":"broadcast-server connect","version":1,"channel":"ws://a/","unsent":[{"key":"a"}]}"#,
        #"{"program":"broadcast-server connect","version":1,"channel":"ws://a/","unsent":[{"text":"a"}]}"#,
    ])
    func `what is no state is refused`(json: String) {
        #expect(throws: SavedState.DecodingFailure.damaged) { try SavedState(decoding: Array(json.utf8)) }
    }

    @Test func `a state of a later version is told apart`() {
        let json = #"{"program":"broadcast-server connect","version":2,"lines":{}}"#
        #expect(throws: SavedState.DecodingFailure.later) { try SavedState(decoding: Array(json.utf8)) }
    }

    @Test func `no state that was cut short is taken for a whole one`() {
        let bytes = Self.state.encoded()
        // The last byte is a line feed.
        for length in 0..<(bytes.count - 1) {
            #expect(throws: SavedState.DecodingFailure.damaged) { try SavedState(decoding: Array(bytes[..<length])) }
        }
    }
}
