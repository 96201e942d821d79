import Foundation
import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// Those who publish over HTTP, with a state directory.
@Suite(.timeLimit(.minutes(2))) struct PublisherRestartTests {
    private struct Receipt: Decodable, Equatable {
        let id: PositionText
        let duplicate: Bool
        let stored: String
    }

    private static func post(
        _ target: String,
        _ body: String,
        key: String? = nil,
        to chat: LocalChat
    ) async throws -> Receipt {
        let key = key.map { ["Idempotency-Key: \($0)"] } ?? []
        let fields = ["Content-Type: text/plain"] + key
        let answer = try await HTTPPeer(port: chat.port).send("POST", target, fields, body: body)
        #expect(answer.status == 200, "\(answer)")
        return try JSONDecoder().decode(Receipt.self, from: Data(answer.body.utf8))
    }

    private static func batch(_ body: String, key: String? = nil, to chat: LocalChat) async throws -> [Receipt] {
        let key = key.map { ["Idempotency-Key: \($0)"] } ?? []
        let fields = ["Content-Type: application/json"] + key
        let answer = try await HTTPPeer(port: chat.port).send("POST", "/team?stored=disk", fields, body: body)
        #expect(answer.status == 200, "\(answer)")
        return try JSONDecoder().decode([Receipt].self, from: Data(answer.body.utf8))
    }

    private static func texts(_ target: String, of chat: LocalChat) async throws -> [String] {
        struct Page: Decodable {
            struct Message: Decodable { let text: String }
            let messages: [Message]
        }
        let answer = try await HTTPPeer(port: chat.port).get(target, "Accept: application/json")
        #expect(answer.status == 200, "\(answer)")
        return try JSONDecoder().decode(Page.self, from: Data(answer.body.utf8)).messages.map(\.text)
    }

    @Test(arguments: [1, 2])
    func `what a publisher was told is on the disk is there after a kill at that moment, with its key`(
        threads: Int
    ) async throws {
        try await StateFixture.with { state in
            let (copy, first) = try await state.chat(threads: threads) { chat in
                let one = try await Self.post("/team?stored=disk", "one", key: "k", to: chat)
                let two = try await Self.post("/team?stored=disk", "two", to: chat)
                #expect([one.stored, two.stored] == ["disk", "disk"])
                return (try state.killed("killed"), one)
            }
            try await copy.chat(threads: threads) { chat in
                #expect(try await Self.texts("/team", of: chat) == ["one", "two"])
                let again = try await Self.post("/team", "one", key: "k", to: chat)
                #expect(again == Receipt(id: first.id, duplicate: true, stored: "disk"))
                let fields = ["Idempotency-Key: k"]
                #expect(try await HTTPPeer(port: chat.port).send("POST", "/team", fields, body: "x").status == 422)
            }
        }
    }

    @Test func `a channel that nobody has entered since the restart is read, and another is not made`() async throws {
        try await StateFixture.with { state in
            try await state.chat { chat in
                for text in ["one", "two"] { _ = try await Self.post("/team", text, to: chat) }
            }
            try await state.chat { chat in
                let head = try await HTTPPeer(port: chat.port).send("HEAD", "/team", ["Accept: application/json"])
                #expect(head.fields["etag"] != nil)
                #expect(try await Self.texts("/team", of: chat) == ["one", "two"])
                #expect(try await Self.texts("/other", of: chat) == [])
            }
            let names = try StateCheck(StateDirectory(path: state.path)).channels.map(\.head.name.text)
            #expect(names == ["team"])
        }
    }

    @Test func `duplicates wait for the disk too, in a batch with new ones and with themselves`() async throws {
        try await StateFixture.with { state in
            let (copy, receipts) = try await state.chat { chat in
                let first = try await Self.post("/team", "one", key: "a", to: chat)
                #expect(first.stored == "memory")
                let batch =
                    #"[{"text":"two","key":"b"},{"text":"one","key":"a","name":"Anonymous"},"#
                    + #"{"text":"two","key":"b"},{"text":"three"}]"#
                let receipts = try await Self.batch(batch, to: chat)
                #expect(receipts.map(\.duplicate) == [false, true, true, false])
                #expect(receipts.allSatisfy { $0.stored == "disk" })
                #expect(receipts[1].id == first.id && receipts[2].id == receipts[0].id)
                #expect(try await Self.post("/team", "two", key: "b", to: chat).stored == "disk")
                return (try state.killed("killed"), receipts)
            }
            try await copy.chat { chat in
                #expect(try await Self.texts("/team", of: chat) == ["one", "two", "three"])
                let again = try await Self.batch(#"[{"text":"two","key":"b"}]"#, to: chat)
                #expect(again == [Receipt(id: receipts[0].id, duplicate: true, stored: "disk")])
            }
        }
    }

    @Test func `the key of a batch is known as a whole after the restart, with durable as the rule`() async throws {
        try await StateFixture.with { state in
            var settings = ChatSettings()
            settings.isDurable = true
            let first = try await state.chat(settings) { chat in
                #expect(try await Self.post("/team", "zero", to: chat).stored == "disk")
                return try await Self.batch(#"[{"text":"one"},{"text":"two"}]"#, key: "k", to: chat)
            }
            try await state.chat(settings) { chat in
                let again = try await Self.batch(#"[{"text":"one"},{"text":"two"}]"#, key: "k", to: chat)
                #expect(again.map(\.id) == first.map(\.id))
                #expect(again.allSatisfy { $0.duplicate && $0.stored == "disk" })
                #expect(try await Self.texts("/team", of: chat) == ["zero", "one", "two"])
            }
        }
    }

    @Test func `the latest keys of publishers are kept, and no more`() async throws {
        try await StateFixture.with { state in
            let count = KeyMemory.capacityOfPublishers
            try await state.chat { chat in
                let objects = (1...count).map { #"{"text":"\#($0)","key":"\#($0)"}"# }
                _ = try await Self.batch("[\(objects.joined(separator: ","))]", to: chat)
                _ = try await Self.post("/team", "new", key: "new", to: chat)
            }
            #expect(try StateCheck(StateDirectory(path: state.path)).keys == count)
            try await state.chat { chat in
                #expect(try await Self.post("/team", "new", key: "new", to: chat).duplicate)
                let other = try await Self.batch(#"[{"text":"\#(count)","key":"\#(count)"}]"#, to: chat)
                #expect(other[0].duplicate)
            }
        }
    }

    @Test func `what is larger than the history is told not to be stored`() async throws {
        try await StateFixture.with { state in
            var settings = ChatSettings()
            settings.history?.maximumBytes = 4_096
            try await state.chat(settings) { chat in
                let body = String(repeating: "x", count: 100_000)
                let answer = try await HTTPPeer(port: chat.port).post("/team?stored=disk", body)
                #expect(answer.status == 503 && answer.body.contains("not-stored"))
                #expect(answer.fields["retry-after"] == "5")
            }
        }
    }
}
