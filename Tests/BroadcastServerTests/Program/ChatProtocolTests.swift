import Glibc
import TestSupport
import Testing

@testable import broadcast_server

/// docs/protocol.md on the wire: `broadcast-server start` as a process, its clients being raw sockets.
@Suite(.timeLimit(.minutes(1))) struct ChatProtocolTests {
    // MARK: Coming and going

    @Test func `the subprotocol is agreed on with those who offer it`() async throws {
        let server = try await RunningProgram.server()
        for (offer, answer) in [("chat, broadcast.v1.json", "broadcast.v1.json"), ("chat", nil), (nil, nil)] {
            let peer = try RawPeer(port: server.port)
            let fields = offer.map { ["Sec-WebSocket-Protocol: \($0)"] } ?? []
            try await peer.write(RawRequest(fields: RawRequest.requiredFields + fields).bytes)
            let head = try await peer.readHead().lowercased()
            #expect(head.hasPrefix("http/1.1 101 "))
            #expect(head.contains("sec-websocket-protocol") == (answer != nil))
            if let answer { #expect(head.contains("sec-websocket-protocol: \(answer)\r\n")) }
        }
    }

    @Test func `a new member is welcomed, and the others are told`() async throws {
        let server = try await RunningProgram.server()
        let ann = try await JSONPeer.connected(to: server, "/team?name=ann")
        #expect(ann.welcome.channel == "team")
        #expect(ann.welcome.members == [ann.member])
        let plain = try await RawPeer.upgraded(port: server.port, path: "/team")
        let second = Member(id: ClientID(number: 2), name: "Client 2")
        #expect(try await ann.receive() == .joined(Presence(member: second, count: 2)))
        let bob = try await JSONPeer.connected(to: server, "/team?name=bob")
        #expect(bob.welcome.members == [ann.member, second, bob.member])
        #expect(bob.welcome.session != ann.welcome.session)
        #expect(try await ann.receive() == .joined(Presence(member: bob.member, count: 3)))
        try await bob.peer.close()
        #expect(try await ann.receive() == .left(Presence(member: bob.member, count: 2)))
        // To members of plain text nothing of this is told: the first that it gets is a message.
        try await ann.send(.message(text: "hi"))
        #expect(try await plain.receive() == .text("ann: hi"))
    }

    @Test func `channels do not hear each other`() async throws {
        let server = try await RunningProgram.server()
        let team = try await RawPeer.upgraded(port: server.port, path: "/team")
        let lobby = try await RawPeer.upgraded(port: server.port)
        let other = try await RawPeer.upgraded(port: server.port, path: "/team?name=%F0%9F%91%8B")
        try await server.waitForOutput("Total clients: 3")
        try await lobby.send(.text("in the lobby"))
        try await other.send(.text("in the team"))
        #expect(try await team.receive() == .text("👋: in the team"))
        try await team.close()
        try await server.waitForOutput("[INFO] Client 3 is called 👋, in /team.\n")
    }

    @Test(arguments: [
        ("/a/b", "HTTP/1.1 404 "), ("/" + String(repeating: "x", count: 65), "HTTP/1.1 404 "),
        ("/?name=a:b", "HTTP/1.1 400 "), ("/?name=Client%205", "HTTP/1.1 400 "), ("/?name=%1B", "HTTP/1.1 400 "),
    ])
    func `who cannot be taken in is told why`(path: String, status: String) async throws {
        let server = try await RunningProgram.server()
        let peer = try RawPeer(port: server.port)
        try await peer.write(RawRequest(path: path).bytes)
        #expect(try await peer.readHead().hasPrefix(status))
    }

    // MARK: Names

    @Test func `a bad name in the URL is told to a client that speaks JSON`() async throws {
        let server = try await RunningProgram.server()
        let peer = try await JSONPeer.connected(to: server, "/?name=a:b")
        #expect(peer.welcome.member.name == "Client 1")
        guard case .error(let problem) = try await peer.receive() else {
            Issue.record("no error")
            return
        }
        #expect(problem.code == .badName)
    }

    @Test func `a new name is told to all, and stands before what is said`() async throws {
        let server = try await RunningProgram.server()
        let plain = try await RawPeer.upgraded(port: server.port, path: "/?name=ann+lee")
        let bob = try await JSONPeer.connected(to: server)
        let member = Member(id: bob.welcome.member.id, name: "Ann Lee (2)")
        try await bob.send(.name(" Ann Lee"))
        #expect(try await bob.receive() == .renamed(Renaming(member: member, was: "Client 2")))
        try await bob.send(.message(text: "hello"))
        #expect(try await plain.receive() == .text("Ann Lee (2): hello"))
        try await plain.send(.text("oh"))
        guard case .message(let message) = try await bob.receive() else {
            Issue.record("no message")
            return
        }
        #expect(message.from == Member(id: ClientID(number: 1), name: "ann lee"))
        try await bob.send(.name(""))
        let nameless = Member(id: bob.welcome.member.id, name: "Client 2")
        #expect(try await bob.receive() == .renamed(Renaming(member: nameless, was: "Ann Lee (2)")))
        try await server.waitForOutput("[INFO] Client 2 is called Ann Lee (2).\n")
    }

    @Test func `in a channel of too many a new name is told to nobody but the one who has it`() async throws {
        let server = try await RunningProgram.server(["--log-level", "warning"])
        let crowd = try await RawPeer.upgraded(ChannelRoster.maximumIntroduced, port: server.port)
        let ann = try await JSONPeer.connected(to: server)
        let bob = try await JSONPeer.connected(to: server)
        try await ann.send(.name("ann"))
        let member = Member(id: ann.member.id, name: "ann")
        #expect(try await ann.receive() == .renamed(Renaming(member: member, was: ann.member.name)))
        try await ann.send(.message(text: "hi"))
        guard case .message(let message) = try await bob.receive() else {
            Issue.record("something else came first")
            return
        }
        #expect(message.from == member)
        for peer in crowd { await peer.end() }
    }

    @Test func `changes of names have a rate`() async throws {
        let server = try await RunningProgram.server(["--log-level", "warning", "--ping-interval", "0"])
        let ann = try await JSONPeer.connected(to: server)
        let count = 1_000
        let wishes = (0..<count).flatMap { JSONPeer.frame(.name("ann \($0)")).encoded(masked: true) }
        // First: a peer does one thing at a time, and what is answered meanwhile has room in its socket.
        try await ann.peer.write(wishes)
        let answers = try await ann.receive(count)
        let changes = answers.filter { if case .renamed = $0 { true } else { false } }
        #expect(changes.count >= ChannelRoster.changes.burst && changes.count < 2 * ChannelRoster.changes.burst)
        let refused = answers.filter { if case .error(let problem) = $0 { problem.code == .tooOften } else { false } }
        #expect(changes.count + refused.count == count)
    }

    // MARK: Messages

    @Test(arguments: [1, 2, 3])
    func `members of both kinds get the same in the same order`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--log-level", "warning", "--threads", "\(threads)"])
        let json = try await JSONPeer.connected(to: server, "/?name=json")
        let plain = try await RawPeer.upgraded(port: server.port, path: "/?name=plain")
        let listener = try await RawPeer.upgraded(port: server.port)
        let jsonListener = try await JSONPeer.connected(to: server)
        let count = 500
        async let first: Void = {
            for number in 0..<count { try await json.send(.message(text: "\(number)")) }
        }()
        async let second: Void = {
            for number in 0..<count { try await plain.send(.text("\(number)")) }
        }()
        var heard: [String] = []
        for _ in 0..<2 * count { heard.append(String(decoding: try await listener.receive().payload, as: UTF8.self)) }
        var ids: [PositionText] = []
        var heardInJSON: [String] = []
        while heardInJSON.count < 2 * count {
            // News of who came before may have taken a longer way, over other loops.
            guard case .message(let message) = try await jsonListener.receive() else { continue }
            ids.append(message.id)
            heardInJSON.append("\(message.from.name): \(message.text)")
        }
        #expect(heard == heardInJSON)
        let numbers = ids.compactMap { $0.rawValue.split(separator: ".").last.flatMap { UInt64($0) } }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 2 * count)
        for name in ["json", "plain"] {
            #expect(heard.filter { $0.hasPrefix(name) } == (0..<count).map { "\(name): \($0)" })
        }
        _ = try await (first, second)
    }

    @Test(arguments: [1, 2], ["text", "none"])
    func `further lines are marked for members of plain text, and for nobody else`(
        threads: Int,
        envelope: String
    ) async throws {
        let server = try await RunningProgram.server(["--threads", "\(threads)", "--envelope", envelope])
        let plain = try await RawPeer.upgraded(port: server.port)
        let json = try await JSONPeer.connected(to: server)
        let (events, _) = try await EventListener.connected(to: server.port)
        let ann = try await JSONPeer.connected(to: server, "/?name=ann")
        let text = "hi\nbob: pay now\r\n\u{2028}bob: now!\n"
        try await ann.send(.message(text: text))
        let marked = "ann: hi\n  | bob: pay now\r\n  | \u{2028}  | bob: now!\n"
        #expect(try await plain.receive() == .text(envelope == "text" ? marked : text))
        #expect(try await json.nextMessage().text == text)
        let lines = envelope == "text" ? "ann: hi" : "hi"
        #expect(try await events.next(nil).data == [lines, "bob: pay now", "\u{2028}bob: now!", ""])
        // So it is for those who come later, and for publishers who are no members.
        let later = try await RawPeer.upgraded(port: server.port, path: "/?last=1")
        #expect(try await later.receive() == .text(envelope == "text" ? marked : text))
        _ = try await HTTPPeer(port: server.port).post("/?name=eve", "a\nb", "Content-Type: text/plain")
        #expect(try await later.receive() == .text(envelope == "text" ? "eve: a\n  | b" : "a\nb"))
    }

    @Test func `a message that is too large ends the connection, and welcome has told what is`() async throws {
        let server = try await RunningProgram.server(["--max-message", "2K"])
        let listener = try await RawPeer.upgraded(port: server.port)
        let ann = try await JSONPeer.connected(to: server)
        #expect(ann.welcome.maxMessage == 2_048)
        let largest = ClientObject.message(text: String(repeating: "x", count: 2_000))
        try await ann.send(largest)
        #expect(try await listener.receive().payload.count > 2_000)
        try await ann.send(.message(text: String(repeating: "x", count: 2_048)))
        let close = try await ann.peer.receiveToEnd().last
        #expect(close?.opcode == .close)
        #expect(close?.payload.prefix(2) == [0x03, 0xF1])
        let answer = try await HTTPPeer(port: server.port)
            .post("/", String(repeating: "x", count: 2_049), "Content-Type: text/plain")
        #expect(answer.status == 413)
    }

    @Test func `a message of another limit than usual passes whole`() async throws {
        let server = try await RunningProgram.server(["--max-message", "3M", "--log-level", "warning"])
        let listener = try await RawPeer.upgraded(port: server.port)
        let sender = try await RawPeer.upgraded(port: server.port)
        let text = String(repeating: "x", count: 3 << 20)
        async let sending: Void = sender.send(.text(text))
        var received = 0
        var frame = try await listener.receive()
        while true {
            received += frame.payload.count
            if frame.isFinal { break }
            frame = try await listener.receive()
        }
        try await sending
        #expect(received == text.utf8.count + "Client 2: ".utf8.count)
    }

    @Test func `binary messages pass to members of both kinds`() async throws {
        let server = try await RunningProgram.server()
        let json = try await JSONPeer.connected(to: server)
        let plain = try await RawPeer.upgraded(port: server.port)
        try await server.waitForOutput("Total clients: 2\n")
        let binary = RawFrame(.binary, [0, 255, 123])
        _ = try await json.receive()
        try await json.peer.send(binary)
        #expect(try await plain.receive() == binary)
        try await plain.send(binary)
        #expect(try await json.nextBinary() == binary.payload)
    }

    @Test func `what is not understood is answered, and the connection goes on`() async throws {
        let server = try await RunningProgram.server()
        let peer = try await JSONPeer.connected(to: server)
        let wrong: [(String, Problem.Code, String?)] = [
            ("hello", .badObject, nil), (#"{"type":"dance","key":"a"}"#, .unknownType, nil),
            (#"{"type":"message","key":"a"}"#, .badField, "a"), (#"{"type":"name","name":"Client 7"}"#, .badName, nil),
        ]
        for (json, code, key) in wrong {
            try await peer.send(json: json)
            guard case .error(let problem) = try await peer.receive() else {
                Issue.record("no error for \(json)")
                return
            }
            #expect(problem.code == code)
            #expect(problem.key == key)
        }
        try await peer.send(.message(text: "hi", key: "b"))
        guard case .ack(let acknowledgement) = try await peer.receive() else {
            Issue.record("no ack")
            return
        }
        #expect(acknowledgement.key == "b")
    }

    @Test func `with an echo a client gets its own messages, in the form of its kind`() async throws {
        let server = try await RunningProgram.server(["--echo", "--envelope", "none"])
        let plain = try await RawPeer.upgraded(port: server.port)
        try await plain.send(.text("hi"))
        #expect(try await plain.receive() == .text("hi"))
        let json = try await JSONPeer.connected(to: server)
        try await json.send(.message(text: "hello", key: "a"))
        #expect(try await plain.receive() == .text("hello"))
        let objects = try await json.receive(2)
        guard case .ack(let ack) = objects.first(where: { if case .ack = $0 { true } else { false } }),
            case .message(let message) = objects.first(where: { if case .message = $0 { true } else { false } })
        else {
            Issue.record("not an ack and a message: \(objects)")
            return
        }
        #expect(message.from == json.member)
        #expect(message.text == "hello")
        #expect(message.id == ack.id)
    }

    // MARK: Keys

    @Test(arguments: [1, 2])
    func `a message that comes again is acknowledged again, and not sent again`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--threads", "\(threads)"])
        let listener = try await RawPeer.upgraded(port: server.port)
        let first = try await JSONPeer.connected(to: server)
        try await first.send(.message(text: "one", key: "a"))
        let acknowledgement = try await first.nextAcknowledgement()
        #expect(acknowledgement.receivers == 1)
        #expect(acknowledgement.stored == .memory)
        #expect(!acknowledgement.isDuplicate)
        var again = acknowledgement
        again.isDuplicate = true
        try await first.send(.message(text: "one", key: "a"))
        #expect(try await first.nextAcknowledgement() == again)
        // The connection is lost, and the client cannot know what became of its message.
        await first.peer.reset()
        try await server.waitForOutput("Client 2 disconnected")
        let second = try await JSONPeer.connected(to: server, session: first.welcome.session)
        #expect(second.welcome.session == first.welcome.session)
        try await second.send(.message(text: "one", key: "a"))
        #expect(try await second.nextAcknowledgement() == again)
        try await second.send(.message(text: "two", key: "b"))
        #expect(try await listener.receive() == .text("Client 2: one"))
        #expect(try await listener.receive() == .text("Client 2: two"))
    }

    @Test func `keys of one session mean nothing in another`() async throws {
        let server = try await RunningProgram.server()
        let listener = try await RawPeer.upgraded(port: server.port)
        for name in ["ann", "bob"] {
            let peer = try await JSONPeer.connected(to: server, "/?name=\(name)")
            try await peer.send(.message(text: "hi", key: "a"))
            #expect(try await listener.receive() == .text("\(name): hi"))
        }
    }

    @Test(arguments: [1, 2, 3])
    func `a server that is stopped has acknowledged what it has sent on, and nothing else`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--log-level", "warning", "--threads", "\(threads)"])
        let listener = try await JSONPeer.connected(to: server)
        let sender = try await JSONPeer.connected(to: server)
        let flood = (0..<20_000).flatMap { number in
            JSONPeer.frame(.message(text: "\(number)", key: "\(number)")).encoded(masked: true)
        }
        async let writing: Void? = try? sender.peer.write(flood)
        // Begin to stop amid the flood.
        _ = try await listener.receive(2)
        server.signal(SIGTERM)
        async let heard = listener.peer.receiveToEnd()
        _ = await writing
        async let answered = sender.peer.receiveToEnd()
        let texts = try await heard.dropLast().compactMap { frame -> String? in
            guard case .message(let message) = try JSONPeer.object(frame) else { return nil }
            return message.text
        }
        let keys = try await answered.filter { $0.opcode == .text }.compactMap { frame -> String? in
            guard case .ack(let acknowledgement) = try JSONPeer.object(frame) else { return nil }
            return acknowledgement.key
        }
        // The listener has taken the first already.
        #expect(["0"] + texts == keys)
        #expect(try await server.exitCode() == 0)
    }
}
