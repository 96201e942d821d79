import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// Members that listen to events, in the tests' own process, on two loops.
@Suite(.timeLimit(.minutes(1))) struct EventGatewayTests {
    private static func withChat(_ body: (LocalChat) async throws -> Void) async throws {
        let chat = try await LocalChat.start()
        do {
            try await body(chat)
        } catch {
            await chat.end()
            throw error
        }
        await chat.end()
    }

    @Test func `a listener gets what members say, as they call themselves`() async throws {
        try await Self.withChat { chat in
            let (listener, start) = try await EventListener.connected(to: chat.port)
            let ann = try await JSONPeer.connected(to: chat.port, "/?name=ann")
            try await ann.send(.message(text: "hello"))
            try await ann.send(.message(text: "two\nlines"))
            try await ann.peer.send(RawFrame(.binary, [0, 255, 7]))
            let first = try await listener.next(nil)
            #expect(first.data == ["ann: hello"])
            #expect(first.id?.hasSuffix(".1") == true && start.hasSuffix(".0"))
            #expect(try await listener.next(nil).data == ["ann: two", "lines"])
            let binary = try await listener.next("binary")
            #expect(binary.data == ["AP8H"] && binary.id?.hasSuffix(".3") == true)
        }
    }

    @Test func `a listener that wants objects gets them`() async throws {
        try await Self.withChat { chat in
            let (listener, _) = try await EventListener.connected(to: chat.port, "/?form=json")
            let ann = try await JSONPeer.connected(to: chat.port, "/?name=ann")
            try await ann.send(.message(text: "hello"))
            try await ann.peer.send(RawFrame(.binary, [0, 255, 7]))
            let event = try await listener.next(nil)
            guard case .message(let message) = try event.object() else {
                Issue.record("\(event)")
                return
            }
            #expect(message.text == "hello" && message.from == ann.member && message.id.rawValue == event.id)
            let binary = try await listener.next("binary")
            let past = try ChatProtocol.decode(PastMessage.self, from: Array(binary.data[0].utf8))
            #expect(past.content == .binary([0, 255, 7]) && past.from == ann.member && past.id.rawValue == binary.id)
        }
    }

    @Test(arguments: ["", "&form=json"])
    func `listeners are members, with a name, and told who comes and goes`(form: String) async throws {
        try await Self.withChat { chat in
            let ann = try await JSONPeer.connected(to: chat.port, "/?name=ann")
            let (listener, _) = try await EventListener.connected(to: chat.port, "/?name=bob\(form)")
            let joined = try await ann.next { if case .joined(let presence) = $0 { presence } else { nil } }
            #expect(joined.member.name == "bob" && joined.count == 2)
            guard case .members(let attendance) = try await listener.next("members").object() else {
                Issue.record("no members")
                return
            }
            #expect(attendance.members?.map(\.name) == ["ann", "bob"])
            try await ann.send(.name("anna"))
            let renamed = try await listener.next("renamed")
            #expect(renamed.id == nil)
            #expect(
                try renamed.object() == .renamed(Renaming(member: Member(id: ann.member.id, name: "anna"), was: "ann"))
            )
            try await ann.peer.close()
            guard case .left(let presence) = try await listener.next("left").object() else {
                Issue.record("nobody left")
                return
            }
            #expect(presence.count == 1)
            let cat = try await JSONPeer.connected(to: chat.port, "/?name=cat")
            await listener.peer.end()
            let left = try await cat.next { if case .left(let presence) = $0 { presence } else { nil } }
            #expect(left.member.name == "bob" && left.count == 1)
        }
    }

    @Test func `who comes back gets what it missed, by the id that it had last`() async throws {
        try await Self.withChat { chat in
            let ann = try await JSONPeer.connected(to: chat.port, "/?name=ann")
            let (first, _) = try await EventListener.connected(to: chat.port, "/?last=5")
            for number in 1...10 { try await ann.send(.message(text: "\(number)")) }
            var id = ""
            for number in 1...4 {
                let event = try await first.next(nil)
                #expect(event.data == ["ann: \(number)"])
                id = event.id ?? ""
            }
            await first.peer.end()
            let (second, position) = try await EventListener.connected(
                to: chat.port,
                "/?after=whatever&last=1",
                fields: ["Last-Event-ID: \(id)"]
            )
            #expect(position == id)
            for number in 5...10 { #expect(try await second.next(nil).data == ["ann: \(number)"]) }
            try await ann.send(.message(text: "live"))
            #expect(try await second.next(nil).data == ["ann: live"])
        }
    }

    @Test(arguments: [("x.1", Gap.Reason.epoch), ("nonsense", .malformed)])
    func `who comes back with a position that is not known is told, and gets what is kept`(
        id: String,
        reason: Gap.Reason
    ) async throws {
        try await Self.withChat { chat in
            let ann = try await JSONPeer.connected(to: chat.port, "/?name=ann")
            try await ann.send(.message(text: "one", key: "1"))
            _ = try await ann.nextAcknowledgement()
            let (listener, _) = try await EventListener.connected(to: chat.port, fields: ["Last-Event-ID: \(id)"])
            let event = try await listener.next("gap")
            guard case .gap(let gap) = try event.object() else {
                Issue.record("\(event)")
                return
            }
            #expect(gap.reason == reason && event.id == nil)
            #expect(try await listener.next(nil).data == ["ann: one"])
        }
    }

    @Test(arguments: [
        ("/a/b", 404), ("/?name=a:b", 400), ("/?form=xml", 400),
    ])
    func `what is wrong is said at first, and not to come back for it later`(path: String, status: Int) async throws {
        try await Self.withChat { chat in
            #expect(try await EventListener.asking(chat.port, path).head.hasPrefix("HTTP/1.1 \(status) "))
            let again = try await EventListener.asking(chat.port, path, fields: ["Last-Event-ID: x.1"])
            #expect(again.head.hasPrefix("HTTP/1.1 204 "))
        }
    }

    @Test func `who does not come back for events is told what is wrong, whatever it had last`() async throws {
        try await Self.withChat { chat in
            let first = try await EventListener.asking(chat.port, "/?name=a:b", fields: ["Last-Event-ID: "])
            #expect(first.head.hasPrefix("HTTP/1.1 400 "))
            let peer = try HTTPPeer(port: chat.port)
            let fields = ["Last-Event-ID: x.1", "Accept: text/event-stream", "Content-Type: multipart/form-data"]
            #expect(try await peer.send("POST", "/", fields, body: "x").status == 415)
            #expect(try await peer.get("/?limit=0", "Last-Event-ID: x.1", "Accept: application/json").status == 400)
            #expect(try await peer.send("DELETE", "/", ["Last-Event-ID: x.1"]).status == 405)
        }
    }

    @Test func `a page that may use the channels can read that there is none`() async throws {
        try await Self.withChat { chat in
            let origin = LocalChat.allowedOrigin
            let peer = try HTTPPeer(port: chat.port)
            let missing = try await peer.get("/a/b", "Origin: \(origin)")
            #expect(missing.status == 404 && missing.fields["access-control-allow-origin"] == origin)
            let again = try await peer.get(
                "/a/b",
                "Origin: \(origin)",
                "Accept: text/event-stream",
                "Last-Event-ID: x.1"
            )
            #expect(again.status == 204 && again.fields["access-control-allow-origin"] == origin)
            #expect(try await peer.get("/a/b", "Origin: https://elsewhere.example").status == 403)
        }
    }

    @Test func `a wrong number of the latest is refused`() async throws {
        try await Self.withChat { chat in
            let head = try await EventListener.asking(chat.port, "/?last=many").head
            #expect(head.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func `HEAD tells what a stream would be, and makes nobody a member`() async throws {
        try await Self.withChat { chat in
            let peer = try RawPeer(port: chat.port)
            let fields = ["Host: localhost", "Accept: text/event-stream"]
            try await peer.write(RawRequest(method: "HEAD", fields: fields).bytes)
            #expect(try await peer.readHead().contains("\r\nContent-Type: text/event-stream\r\n"))
            let ann = try await JSONPeer.connected(to: chat.port)
            #expect(ann.welcome.count == 1)
        }
    }
}
