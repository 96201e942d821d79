import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// Channels over HTTP, with members on the other side.
@Suite(.timeLimit(.minutes(2))) struct HTTPChannelTests {
    private struct Receipt: Decodable, Equatable {
        let id: PositionText
        let receivers: Int
        let duplicate: Bool
        let stored: String
    }

    private static func receipt(_ answer: HTTPPeer.Answer) throws -> Receipt {
        #expect(answer.status == 200, "\(answer)")
        return try JSONDecoder().decode(Receipt.self, from: Data(answer.body.utf8))
    }

    private static func code(_ answer: HTTPPeer.Answer) throws -> String {
        struct Details: Decodable {
            let code: String
            let status: Int
        }
        #expect(answer.fields["content-type"] == "application/problem+json")
        let details = try JSONDecoder().decode(Details.self, from: Data(answer.body.utf8))
        #expect(details.status == answer.status)
        return details.code
    }

    private static func page(_ answer: HTTPPeer.Answer) throws -> [String: JSONValue] {
        #expect(answer.status == 200, "\(answer)")
        return try JSONDecoder().decode([String: JSONValue].self, from: Data(answer.body.utf8))
    }

    private func withChat(threads: Int = 2, _ body: (LocalChat, HTTPPeer) async throws -> Void) async throws {
        let chat = try await LocalChat.start(threads: threads)
        do {
            try await body(chat, try HTTPPeer(port: chat.port))
        } catch {
            await chat.end()
            throw error
        }
        await chat.end()
    }

    @Test(arguments: [1, 2])
    func `what is published comes to members of each kind, with its place`(threads: Int) async throws {
        try await withChat(threads: threads) { chat, http in
            let member = try await JSONPeer.connected(to: chat.port, "/team")
            let plain = try await RawPeer.upgraded(port: chat.port, path: "/team?after=\(member.welcome.position)")
            let receipt = try Self.receipt(try await http.post("/team?name=ann", "hi", "Content-Type: text/plain"))
            #expect(receipt.receivers == 2)
            #expect(!receipt.duplicate)
            #expect(receipt.stored == "memory")
            let message = try await member.nextMessage()
            #expect(message.id == receipt.id)
            #expect(message.from == Member(id: .ofPublishers, name: "ann"))
            #expect(message.text == "hi")
            #expect(try await plain.receive() == .text("ann: hi"))
            let second = try Self.receipt(try await http.post("/team", "a", "Content-Type: image/png"))
            #expect(try await member.nextBinary() == Array("a".utf8))
            #expect(try await member.nextPosition() == second.id)
        }
    }

    @Test(arguments: [1, 2])
    func `a key is taken once, and not with something else`(threads: Int) async throws {
        try await withChat(threads: threads) { chat, http in
            let member = try await JSONPeer.connected(to: chat.port)
            let first = try Self.receipt(try await http.post("/", "a", "Idempotency-Key: \"k\""))
            let again = try Self.receipt(try await HTTPPeer(port: chat.port).post("/", "a", "Idempotency-Key: k"))
            #expect(again.id == first.id)
            #expect(again.receivers == first.receivers)
            #expect(again.duplicate)
            let other = try await http.post("/", "b", "Idempotency-Key: k")
            #expect(other.status == 422)
            #expect(try Self.code(other) == "key-reused")
            _ = try await http.post("/", "c")
            #expect(try await member.nextMessage().text == "a")
            #expect(try await member.nextMessage().text == "c")
        }
    }

    @Test func `a batch is taken as a whole, or not at all`() async throws {
        try await withChat { chat, http in
            let member = try await JSONPeer.connected(to: chat.port)
            let type = "Content-Type: application/json"
            let batch = #"[{"text":"1","key":"a"},{"text":"2","name":"bob"},{"text":"1","key":"a"}]"#
            let answer = try await http.post("/", batch, type)
            let receipts = try JSONDecoder().decode([Receipt].self, from: Data(answer.body.utf8))
            #expect(receipts.map(\.duplicate) == [false, false, true])
            #expect(receipts[0].id == receipts[2].id)
            #expect(receipts[0].id != receipts[1].id)
            #expect(try await http.post("/", #"[{"text":"no"},{"text":"no","key":"a"}]"#, type).status == 422)
            #expect(try await http.post("/", #"[{"text":"no"},{"txt":"no"}]"#, type).status == 400)
            let lines = try await http.post(
                "/",
                "{\"text\":\"3\"}\n{\"text\":\"4\"}\n",
                "Content-Type: application/x-ndjson"
            )
            #expect(lines.body.split(separator: "\n").count == 2)
            for text in ["1", "2", "3", "4"] { #expect(try await member.nextMessage().text == text) }
        }
    }

    @Test func `a batch with one key is known as a whole`() async throws {
        try await withChat { _, http in
            let batch = #"[{"text":"1"},{"text":"2"}]"#
            let fields = ["Content-Type: application/json", "Idempotency-Key: k"]
            let first = try await http.post("/", batch, fields[0], fields[1])
            let again = try await http.post("/", batch, fields[0], fields[1])
            #expect(again.body == first.body.replacing("false", with: "true"))
            #expect(try await http.post("/", #"[{"text":"1"}]"#, fields[0], fields[1]).status == 422)
        }
    }

    @Test func `a channel that nobody is in keeps what was published`() async throws {
        try await withChat { chat, http in
            let ids = [
                try Self.receipt(try await http.post("/quiet", "1")).id,
                try Self.receipt(try await http.post("/quiet", "2")).id,
            ]
            let member = try await JSONPeer.connected(to: chat.port, "/quiet?last=5")
            #expect(try await member.nextMessage().id == ids[0])
            #expect(try await member.nextMessage().id == ids[1])
            #expect(member.welcome.count == 1)
        }
    }

    @Test(arguments: [1, 2])
    func `what was said is read page by page`(threads: Int) async throws {
        try await withChat(threads: threads) { _, http in
            var ids: [PositionText] = []
            for number in 1...5 { ids.append(try Self.receipt(try await http.post("/team", "\(number)")).id) }
            let json = "Accept: application/json"
            let latest = try Self.page(try await http.get("/team?limit=2", json))
            #expect(latest["messages"]?.ids == ids.suffix(2))
            #expect(latest["position"] == .string(ids[4].rawValue))
            #expect(latest["next"] == .string(ids[3].rawValue))
            let before = try Self.page(try await http.get("/team?limit=3&before=\(ids[3])", json))
            #expect(before["messages"]?.ids == Array(ids.prefix(3)))
            #expect(before["next"] == nil)
            let after = try Self.page(try await http.get("/team?limit=2&after=\(ids[0])", json))
            #expect(after["messages"]?.ids == Array(ids[1...2]))
            #expect(after["next"] == .string(ids[2].rawValue))
            let rest = try Self.page(try await http.get("/team?after=\(ids[4])", json))
            #expect(rest["messages"]?.ids == [])
            #expect(rest["next"] == .string(ids[4].rawValue))
            let lines = try await http.get("/team?limit=2", "Accept: application/x-ndjson")
            #expect(lines.body.split(separator: "\n").count == 2)
            #expect(lines.fields["link"] == "<?before=\(ids[3])&limit=2>; rel=\"next\"")
        }
    }

    @Test func `pages that cannot change are kept, and others asked for again`() async throws {
        try await withChat { _, http in
            var ids: [PositionText] = []
            for number in 1...3 { ids.append(try Self.receipt(try await http.post("/", "\(number)")).id) }
            for (query, isClosed) in [
                ("?before=\(ids[2])", true), ("?after=\(ids[0])&limit=1", true), ("?after=\(ids[0])", false),
                ("", false),
            ] {
                let answer = try await http.get("/" + query, "Accept: application/json")
                let control = answer.fields["cache-control"]
                #expect(control == (isClosed ? "private, max-age=3600, immutable" : "no-cache"))
                let condition = "If-None-Match: \"other\", \(answer.fields["etag"] ?? "")"
                let second = try await http.get("/" + query, "Accept: application/json", condition)
                #expect(second.status == 304)
                #expect(second.fields["etag"] == answer.fields["etag"])
                #expect(
                    try await http.get("/" + query, condition).status == 200,
                    "another form is another representation"
                )
                _ = try await http.post("/", "more")
                let third = try await http.get("/" + query, "Accept: application/json", condition)
                #expect(third.status == (isClosed ? 304 : 200))
            }
        }
    }

    @Test func `a channel that has not begun is empty, and is not made by asking`() async throws {
        try await withChat { chat, http in
            let page = try Self.page(try await http.get("/new", "Accept: application/json"))
            #expect(page == ["messages": .array([]), "more": .bool(false), "type": .string("history")])
            #expect(try await http.get("/new").body == "")
        }
    }

    @Test(arguments: [
        ("?after=x", "bad-position"), ("?after=", "bad-position"), ("?before=zzz.1", "bad-position"),
        ("?limit=0", "bad-field"),
        ("?limit=101", "bad-field"), ("?limit=", "bad-field"), ("?limit=+5", "bad-field"),
        ("?after=%zz", "bad-position"),
        ("?after=zzz.1&before=zzz.1", "bad-field"),
    ])
    func `what cannot be asked for is told`(query: String, code: String) async throws {
        try await withChat { _, http in
            _ = try await http.post("/", "x")
            let answer = try await http.get("/" + query, "Accept: application/json")
            #expect(answer.status == 400)
            #expect(try Self.code(answer) == code)
        }
    }

    @Test(arguments: [
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/x-ndjson", "application/x-ndjson"), ("*/*", "application/x-ndjson"),
    ])
    func `one address serves people and programs`(accept: String, type: String) async throws {
        try await withChat { _, http in
            for method in ["GET", "HEAD"] {
                let answer = try await http.send(method, "/team", ["Accept: \(accept)"])
                #expect(answer.status == 200)
                #expect(answer.fields["content-type"] == type)
                #expect(answer.fields["vary"] == "Accept, Origin")
            }
            #expect(try Self.code(try await http.get("/team", "Accept: image/png")) == "not-acceptable")
        }
    }

    @Test func `methods that there are not are refused with those that there are`() async throws {
        try await withChat { _, http in
            for (target, allowed) in [("/team", "GET, HEAD, POST, OPTIONS"), ("/-/page.js", "GET, HEAD, OPTIONS")] {
                let answer = try await http.send("PUT", target, [], body: "x")
                #expect(answer.status == 405)
                #expect(answer.fields["allow"] == allowed)
                let options = try await http.send("OPTIONS", target)
                #expect(options.status == 204)
                #expect(options.fields["allow"] == allowed)
            }
            #expect(try await http.send("OPTIONS", "*").status == 204)
            #expect(try await http.send("POST", "/team").status == 411)
            #expect(try Self.code(try await http.get("/a/b")) == "not-found")
            #expect(try Self.code(try await http.get("/metrics")) == "not-found")
            #expect(try await http.get("/healthz").body == "ok\n")
            #expect(try await http.get("/-/page.js").status == 200)
            #expect(try await http.get("/favicon.ico").fields["content-type"] == "image/svg+xml")
        }
    }

    @Test func `pages of other origins may not, unless they are listed`() async throws {
        try await withChat { chat, http in
            let member = try await JSONPeer.connected(to: chat.port)
            for (method, body) in [("POST", "no"), ("GET", nil), ("OPTIONS", nil)] {
                let answer = try await http.send(method, "/", ["Origin: https://b.example"], body: body)
                #expect(answer.status == 403)
                #expect(answer.fields["access-control-allow-origin"] == nil)
                #expect(answer.fields["vary"] == "Origin")
                #expect(try Self.code(answer) == "foreign-origin")
            }
            let preflight = try await http.send(
                "OPTIONS",
                "/",
                ["Origin: \(LocalChat.allowedOrigin)", "Access-Control-Request-Method: POST"]
            )
            #expect(preflight.status == 204)
            #expect(preflight.fields["access-control-allow-origin"] == LocalChat.allowedOrigin)
            #expect(preflight.fields["access-control-allow-methods"] == "GET, HEAD, POST")
            #expect(preflight.fields["access-control-allow-headers"]?.contains("Idempotency-Key") == true)
            #expect(preflight.fields["access-control-max-age"] == "7200")
            for origin in [LocalChat.allowedOrigin, "http://localhost"] {
                let answer = try await http.post("/", origin, "Origin: \(origin)")
                #expect(answer.status == 200)
                #expect(answer.fields["access-control-allow-origin"] == origin)
                #expect(answer.fields["access-control-expose-headers"]?.contains("ETag") == true)
                #expect(try await member.nextMessage().text == origin)
            }
        }
    }

    @Test func `the page is told why it would not be let in`() async throws {
        try await withChat { _, http in
            #expect(try await http.get("/-/admission?channel=team&origin=http://localhost").status == 204)
            let origin = try await http.get("/-/admission?channel=team&origin=http://b.example")
            #expect(origin.status == 403)
            #expect(try Self.code(origin) == "foreign-origin")
            #expect(
                try Self.code(try await http.get("/-/admission?channel=a%2Fb&origin=http://localhost")) == "not-found"
            )
            #expect(try Self.code(try await http.get("/-/admission?channel=healthz")) == "not-found")
        }
    }
}

/// Any value of JSON.
private enum JSONValue: Decodable, Equatable {
    case string(String)
    case number(Double)
    case bool(Bool)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Of the messages of a page.
    var ids: [PositionText]? {
        guard case .array(let messages) = self else { return nil }
        return messages.compactMap { message in
            guard case .object(let fields) = message, case .string(let id)? = fields["id"] else { return nil }
            return PositionText(rawValue: id)
        }
    }
}
