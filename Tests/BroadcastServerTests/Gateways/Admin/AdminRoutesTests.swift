import Foundation
import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// What the admin socket answers, here at a port.
@Suite(.timeLimit(.minutes(1))) struct AdminRoutesTests {
    private struct Connections: Decodable {
        struct Row: Decodable {
            struct Behind: Decodable {
                var bytes: Int
                var milliseconds: Int
            }

            var id: UInt64
            var address: String
            var behind: Behind?
            var bytes: Int
            var channel: String
            var closed: Int64?
            var code: UInt16?
            var form: ConnectionForm
            var messages: Int
            var name: String
            var reason: String?
            var since: Int64
            var subject: String?
        }

        var connections: [Row]
        var count: Int
        var more: Bool
    }

    private static func withChat(
        threads: Int = 2,
        _ settings: ChatSettings = ChatSettings(),
        _ body: (LocalChat, HTTPPeer, Int) async throws -> Void
    ) async throws {
        let chat = try await LocalChat.start(threads: threads, settings)
        var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
        let control = ServerControl(StopSignals())
        let routes = AdminRoutes(
            chat.service,
            Metrics(chat.service),
            control,
            configuration: Replaceable("port: 1\n")
        )
        configuration.http = routes.answer
        let admin = try await WebSocketServer.start(configuration, on: chat.loops[0]) { $0.close() }
        do {
            let port = try #require(admin.port)
            try await body(chat, try HTTPPeer(port: port), port)
        } catch {
            await admin.shutdown(deadline: .zero)
            await chat.end()
            throw error
        }
        await admin.shutdown(deadline: .zero)
        await chat.end()
    }

    private static func decode<Value: Decodable>(_: Value.Type, _ answer: HTTPPeer.Answer) throws -> Value {
        try #require(answer.status == 200, "\(answer)")
        return try JSONDecoder().decode(Value.self, from: Data(answer.body.utf8))
    }

    private static func close(of peer: RawPeer) async throws -> RawFrame {
        while true {
            let frame = try await peer.receive()
            if frame.opcode == .close { return frame }
        }
    }

    /// Asks until there is as much as is waited for.
    private static func connections(
        _ http: HTTPPeer,
        _ query: String,
        until isEnough: (Connections) -> Bool
    ) async throws -> Connections {
        while true {
            let connections = try decode(Connections.self, try await http.get("/connections\(query)"))
            if isEnough(connections) { return connections }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test(arguments: [1, 2])
    func `connections are listed with what they are, have sent, and wait for`(threads: Int) async throws {
        try await Self.withChat(threads: threads) { chat, http, _ in
            let ann = try await JSONPeer.connected(to: chat.port, "/team?name=ann")
            let plain = try await RawPeer.upgraded(port: chat.port, path: "/other")
            _ = try await Self.connections(http, "") { $0.count == 2 }
            let (listener, _) = try await EventListener.connected(to: chat.port, "/team?name=bob")
            for text in ["1", "22", "333"] { try await ann.send(.message(text: text, key: text)) }
            for _ in 0..<3 { _ = try await ann.nextAcknowledgement() }
            let all = try await Self.connections(http, "") { $0.count == 3 && $0.connections[0].messages == 3 }
            #expect(all.connections.map(\.form) == [.json, .text, .events] && !all.more)
            #expect(all.connections.map(\.channel) == ["team", "other", "team"])
            #expect(all.connections.map(\.name) == ["ann", "Client 2", "bob"])
            #expect(all.connections.map(\.id) == [1, 2, 3] && all.connections[0].id == ann.member.id.number)
            for row in all.connections {
                #expect(row.address.hasPrefix("127.0.0.1:") && row.subject == nil && row.closed == nil)
                #expect(row.behind?.bytes == 0 && row.behind?.milliseconds == 0)
                #expect(abs(row.since - WallTime.now.milliseconds) < 60_000)
            }
            #expect(all.connections.map(\.messages) == [3, 0, 0])
            #expect(all.connections[0].bytes > 3 * #"{"type":"message","key":"1","text":"1"}"#.utf8.count - 3)
            let team = try Self.decode(Connections.self, try await http.get("/connections?channel=team&limit=1"))
            #expect(team.count == 2 && team.more && team.connections.map(\.name) == ["ann"])
            let sorted = try Self.decode(Connections.self, try await http.get("/connections?sort=name"))
            #expect(sorted.connections.map(\.name) == ["Client 2", "ann", "bob"])
            let most = try Self.decode(Connections.self, try await http.get("/connections?sort=messages&limit=1"))
            #expect(most.connections.map(\.id) == [1])
            await plain.end()
            await listener.peer.end()
        }
    }

    @Test func `who does not keep up shows by what waits`() async throws {
        var settings = ChatSettings()
        settings.compression = nil
        try await Self.withChat(threads: 2, settings) { chat, http, _ in
            let reader = try await RawPeer.upgraded(port: chat.port, receiveBuffer: 4_096)
            let body = String(repeating: "x", count: 500_000)
            let publisher = try HTTPPeer(port: chat.port)
            for _ in 0..<14 { _ = try await publisher.post("/", body) }
            let slow = try await Self.connections(http, "?sort=lag") { rows in
                rows.connections.first?.behind.map { $0.bytes > 500_000 && $0.milliseconds > 0 } ?? false
            }
            #expect(slow.count == 1)
            await reader.end()
        }
    }

    @Test func `who has gone is known by how`() async throws {
        try await Self.withChat { chat, http, _ in
            let ann = try await JSONPeer.connected(to: chat.port, "/team?name=ann")
            try await ann.peer.send(.close(4200))
            let first = try await Self.connections(http, "?closed") { $0.count == 1 }.connections[0]
            #expect(first.name == "ann" && first.code == 4200 && first.reason == "4200 from the peer")
            #expect(first.behind == nil)
            #expect(first.closed.map { abs($0 - WallTime.now.milliseconds) < 60_000 } == true)
            let (listener, _) = try await EventListener.connected(to: chat.port, "/team?name=bob")
            await listener.peer.end()
            let closed = try await Self.connections(http, "?closed&channel=team") { $0.count == 2 }
            #expect(closed.connections.map(\.name) == ["bob", "ann"], "the latest first")
            #expect(closed.connections[0].code == nil)
            #expect(try Self.decode(Connections.self, try await http.get("/connections")).count == 0)
        }
    }

    @Test(arguments: [
        #"{"channel":"team"}"#, #"{"address":"127.0.0.1","channel":"team"}"#, #"{"address":"127.0.0.0/8"}"#,
    ])
    func `whoever is meant has to go, and nobody else`(body: String) async throws {
        try await Self.withChat { chat, http, _ in
            let other = body.contains("channel") ? try await JSONPeer.connected(to: chat.port, "/other") : nil
            let plain = try await RawPeer.upgraded(port: chat.port, path: "/team")
            let json = try await JSONPeer.connected(to: chat.port, "/team")
            let (listener, _) = try await EventListener.connected(to: chat.port, "/team")
            _ = try await Self.connections(http, "") { $0.count == (other == nil ? 3 : 4) }
            let told = body.dropLast() + #","code":4100,"reason":"later"}"#
            #expect(try await http.post("/kick", String(told)).body == "{\"kicked\":3}\n")
            let close = RawFrame.close(4100, "later")
            #expect(try await Self.close(of: plain) == close)
            #expect(try await Self.close(of: json.peer) == close)
            await #expect(throws: (any Error).self) { while true { _ = try await listener.next() } }
            try await other?.send(.message(text: "still there", key: "k"))
            _ = try await other?.nextAcknowledgement()
        }
    }

    @Test func `who is kicked by its id leaves at once, for all to see`() async throws {
        try await Self.withChat { chat, http, _ in
            let witness = try await JSONPeer.connected(to: chat.port, "/team")
            let ann = try await JSONPeer.connected(to: chat.port, "/team?name=ann")
            let answer = try await http.post("/kick", "{\"id\":\(ann.member.id)}")
            #expect(answer.body == "{\"kicked\":1}\n")
            #expect(try await Self.close(of: ann.peer).closeCode == 4001)
            try await ann.peer.send(.close(4001))
            let left = try await witness.next { if case .left(let presence) = $0 { presence } else { nil } }
            #expect(left.member == ann.member)
            #expect(try await http.post("/kick", "{\"id\":\(ann.member.id)}").body == "{\"kicked\":0}\n")
        }
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"id":"1"}"#, #"{"code":4001}"#, #"{"id":1,"code":1005}"#, #"{"id":1,"code":99999}"#,
        #"{"channel":"a/b"}"#, #"{"address":"x"}"#, #"{"id":1,"id":2}"#,
    ])
    func `what nobody can have meant kicks nobody`(body: String) async throws {
        try await Self.withChat { chat, http, _ in
            let member = try await JSONPeer.connected(to: chat.port)
            #expect(try await http.post("/kick", body).status == 400)
            try await member.send(.message(text: "still there", key: "k"))
            _ = try await member.nextAcknowledgement()
        }
    }

    @Test(arguments: [1, 2])
    func `who tails is no member, and gets what is said before and after`(threads: Int) async throws {
        try await Self.withChat(threads: threads) { chat, http, port in
            _ = try await http.post("/publish?channel=team&name=root", "before")
            let (listener, _) = try await EventListener.connected(to: port, "/tail?channel=team&last=5")
            #expect(try await listener.next(nil).data == ["root: before"])
            let member = try await JSONPeer.connected(to: chat.port, "/team")
            #expect(member.welcome.count == 1)
            #expect(try await listener.next("joined").data.count == 1)
            try await member.send(.message(text: "after", key: "k"))
            #expect(try await member.nextAcknowledgement().receivers == 0)
            #expect(try await listener.next(nil).data == ["Client \(member.member.id): after"])
            #expect(try Self.decode(Connections.self, try await http.get("/connections")).count == 1)
        }
    }

    @Test func `channels are listed with what they keep`() async throws {
        struct Channels: Decodable {
            struct Row: Decodable, Equatable {
                var name: String
                var members: Int
                var connections: Int
                var messages: Int
                var historyBytes: Int
            }

            var channels: [Row]
            var count: Int
            var more: Bool
        }
        try await Self.withChat { chat, http, _ in
            for channel in ["b", "a", "a"] { _ = try await http.post("/publish?channel=\(channel)", "12345") }
            let member = try await JSONPeer.connected(to: chat.port, "/b")
            let all = try Self.decode(Channels.self, try await http.get("/channels"))
            #expect(all.channels.map(\.name) == ["a", "b"] && all.count == 2 && !all.more)
            #expect(all.channels.map(\.messages) == [2, 1])
            #expect(all.channels.map(\.members) == [0, 1] && all.channels.map(\.connections) == [0, 1])
            #expect(all.channels[0].historyBytes == 2 * all.channels[1].historyBytes)
            let one = try Self.decode(Channels.self, try await http.get("/channels?limit=1"))
            #expect(one.channels == [all.channels[0]] && one.count == 2 && one.more)
            let most = try Self.decode(Channels.self, try await http.get("/channels?sort=connections"))
            #expect(most.channels == all.channels.reversed())
            let named = try Self.decode(Channels.self, try await http.get("/channels?channel=b"))
            #expect(named.channels == [all.channels[1]])
            await member.peer.end()
        }
    }

    @Test func `what there is not is told with what there is`() async throws {
        try await Self.withChat { _, http, _ in
            #expect(try await http.get("/config").body == "port: 1\n")
            let nothing = try await http.get("/")
            #expect(nothing.status == 404 && nothing.body.contains("POST /kick"))
            let method = try await http.get("/kick")
            #expect(method.status == 405 && method.fields["allow"] == "POST")
            #expect(try await http.get("/connections?limit=0").status == 400)
            #expect(try await http.get("/channels?channel=a%2Fb").status == 400)
            #expect(try await http.get("/channels?sort=id").status == 400)
            #expect(try await http.post("/publish?channel=a%2Fb", "x").status == 404)
            #expect(try await http.send("POST", "/publish").status == 411)
            #expect(try await http.get("/tail?last=x").status == 400)
        }
    }
}
