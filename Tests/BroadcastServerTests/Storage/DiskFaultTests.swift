import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// What is sent again with its key after the disk did not take it, and what is asked for on the disk late.
@Suite(.timeLimit(.minutes(2))) struct DiskFaultTests {
    private static func post(
        _ body: String,
        key: String?,
        stored: String = "disk",
        type: String = "text/plain",
        to chat: LocalChat
    ) async throws -> HTTPPeer.Answer {
        let key = key.map { ["Idempotency-Key: \($0)"] } ?? []
        let fields = ["Content-Type: \(type)"] + key
        return try await HTTPPeer(port: chat.port).send("POST", "/team?stored=\(stored)", fields, body: body)
    }

    /// Two messages with one key.
    private static func postWhole(to chat: LocalChat) async throws -> HTTPPeer.Answer {
        try await post(#"[{"text":"x"},{"text":"y"}]"#, key: "w", type: "application/json", to: chat)
    }

    private static func say(_ text: String, over peer: JSONPeer) async throws {
        try await peer.send(.message(text: text, key: "key of \(text)", stored: .disk))
    }

    private static func nextProblem(_ peer: JSONPeer) async throws -> Problem {
        try await peer.next { if case .error(let problem) = $0 { problem } else { nil } }
    }

    private static let batch = #"[{"text":"two","key":"a"},{"text":"three"},{"text":"four","key":"b"}]"#

    @Test func `what a publisher sends again after the disk was full is stored with its keys`() async throws {
        try await StateFixture.with { state in
            let (copy, first) = try await state.chat { chat in
                #expect(try await Self.post("zero", key: "z", to: chat).status == 200)
                try await state.withoutDisk { () async throws in
                    #expect(try await Self.post("one", key: "k", to: chat).status == 503)
                    let batch = try await Self.post(Self.batch, key: nil, type: "application/json", to: chat)
                    #expect(batch.status == 503)
                    let whole = try await Self.postWhole(to: chat)
                    #expect(whole.status == 503)
                }
                // What is new goes on behind what is still missing.
                #expect(try await Self.post("later", key: "l", to: chat).status == 200)
                let one = try await Self.post("one", key: "k", to: chat)
                #expect(one.status == 200 && one.body.contains(#""duplicate":true"#) && one.body.contains("disk"))
                let whole = try await Self.postWhole(to: chat)
                #expect(whole.status == 200)
                return (try state.killed("killed"), [one.body, whole.body])
            }
            try await copy.chat { chat in
                #expect(try await Self.post("one", key: "k", to: chat).body == first[0])
                let whole = try await Self.postWhole(to: chat)
                #expect(whole.body == first[1])
                for key in ["z", "l"] {
                    let again = try await Self.post(key == "z" ? "zero" : "later", key: key, to: chat)
                    #expect(again.body.contains(#""duplicate":true"#))
                }
                #expect(try await Self.post("other", key: "k", to: chat).status == 422)
                // Nobody has sent this again: it was never acknowledged, and is not there.
                let batch = try await Self.post(Self.batch, key: nil, type: "application/json", to: chat)
                #expect(batch.status == 200 && !batch.body.contains(#""duplicate":true"#))
            }
        }
    }

    @Test func `what a member sends again after the disk was full is stored with its key and its session`() async throws
    {
        try await StateFixture.with { state in
            let (copy, session, first) = try await state.chat { chat in
                // So that there is something to open.
                #expect(try await Self.post("zero", key: nil, to: chat).status == 200)
                let ann = try await state.withoutDisk {
                    let ann = try await JSONPeer.connected(to: chat.port, "/team?name=ann")
                    try await Self.say("one", over: ann)
                    #expect(try await Self.nextProblem(ann).code == .notStored)
                    return ann
                }
                try await Self.say("one", over: ann)
                let first = try await ann.nextAcknowledgement()
                #expect(first.isDuplicate && first.stored == .disk)
                return (try state.killed("killed"), ann.welcome.session, first)
            }
            try await copy.chat { chat in
                let ann = try await JSONPeer.connected(to: chat.port, "/team", session: session)
                #expect(ann.welcome.session == session && ann.member.name == "ann")
                try await Self.say("one", over: ann)
                let again = try await ann.nextAcknowledgement()
                #expect(again.isDuplicate && again.id == first.id)
            }
        }
    }

    @Test func `a duplicate that newer messages have pushed out of the history is stored by its key`() async throws {
        try await StateFixture.with { state in
            var settings = ChatSettings()
            settings.history?.maximumMessages = 2
            let (copy, late) = try await state.chat(settings) { chat in
                #expect(try await Self.post("zero", key: nil, to: chat).status == 200)
                try await state.withoutDisk { () async throws in
                    #expect(try await Self.post("one", key: "k", to: chat).status == 503)
                }
                for text in ["two", "three", "four"] {
                    #expect(try await Self.post(text, key: nil, stored: "memory", to: chat).status == 200)
                }
                let late = try await Self.post("one", key: "k", to: chat)
                #expect(late.status == 200, "\(late)")
                return (try state.killed("killed"), late.body)
            }
            try await copy.chat(settings) { chat async throws in
                #expect(try await Self.post("one", key: "k", to: chat).body == late)
            }
        }
    }

    @Test func `what is larger than the history is not stored when it comes again, nor in a batch`() async throws {
        try await StateFixture.with { state in
            var settings = ChatSettings()
            settings.history?.maximumBytes = 4_096
            try await state.chat(settings) { chat async throws in
                let large = String(repeating: "x", count: 5_000)
                for _ in 1...2 { #expect(try await Self.post(large, key: "k", to: chat).status == 503) }
                let batch = #"[{"text":"\#(large)"},{"text":"small"}]"#
                #expect(try await Self.post(batch, key: nil, type: "application/json", to: chat).status == 503)
                #expect(try await Self.post("small", key: nil, to: chat).status == 200)
            }
        }
    }
}
