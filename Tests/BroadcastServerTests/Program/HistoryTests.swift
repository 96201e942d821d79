import TestSupport
import Testing

@testable import broadcast_server

/// What clients meet that were away, by the cases that users of other servers have met.
@Suite(.timeLimit(.minutes(1))) struct HistoryTests {
    private static func say(_ texts: some Sequence<String>, by peer: JSONPeer) async throws {
        for text in texts { try await peer.send(.message(text: text, key: text)) }
        for text in texts {
            while try await peer.nextAcknowledgement().key != text {}
        }
    }

    private static func texts(_ count: Int, to peer: JSONPeer) async throws -> [String] {
        var texts: [String] = []
        while texts.count < count { texts.append(try await peer.nextMessage().text) }
        return texts
    }

    /// The same client, with its session, from where it began.
    private static func again(_ peer: JSONPeer, at server: RunningProgram) async throws -> JSONPeer {
        let welcome = peer.welcome
        return try await JSONPeer.connected(to: server, "/?after=\(welcome.position)", session: welcome.session)
    }

    private static func gap(of peer: JSONPeer) async throws -> Gap {
        guard case .gap(let gap) = try await peer.receive() else { throw RawPeer.Unexpected("no gap") }
        return gap
    }

    /// A position so many publications away from another.
    private static func position(_ text: PositionText, _ distance: Int) -> PositionText {
        let parts = text.rawValue.split(separator: ".")
        return PositionText(rawValue: "\(parts[0]).\((Int(parts[1]) ?? 0) + distance)")
    }

    @Test(arguments: [1, 2])
    func `case 1: one that has received nothing misses nothing`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--threads", "\(threads)"])
        let bob = try await JSONPeer.connected(to: server)
        let ann = try await JSONPeer.connected(to: server)
        #expect(!ann.welcome.recovered)
        await ann.peer.reset()
        try await Self.say(["one", "two"], by: bob)
        let back = try await Self.again(ann, at: server)
        #expect(back.welcome.recovered)
        #expect(back.welcome.position == ann.welcome.position)
        #expect(try await Self.texts(2, to: back) == ["one", "two"])
        #expect(try await back.nextPosition() == Self.position(ann.welcome.position, 2))
    }

    @Test func `cases 2 and 3: there is one kind of position, before the first message too`() async throws {
        let server = try await RunningProgram.server()
        let ann = try await JSONPeer.connected(to: server)
        let bob = try await JSONPeer.connected(to: server)
        try await ann.send(.message(text: "hi", key: "a"))
        let id = try await bob.nextMessage().id
        #expect(id == Self.position(ann.welcome.position, 1))
        #expect(try await ann.nextAcknowledgement().id == id)
        #expect(try await JSONPeer.connected(to: server).welcome.position == id)
    }

    @Test func `case 4: what is not kept is told, then comes what is`() async throws {
        let server = try await RunningProgram.server(["--history-messages", "3"])
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say((1...10).map { "\($0)" }, by: bob)
        let start = Self.position(bob.welcome.position, 2)
        let ann = try await JSONPeer.connected(to: server, "/?after=\(start)")
        let end = Self.position(start, 5)
        #expect(!ann.welcome.recovered)
        #expect(ann.welcome.position == end)
        #expect(try await Self.gap(of: ann) == Gap(from: start, to: end, missing: 5, reason: .expired))
        #expect(try await Self.texts(3, to: ann) == ["8", "9", "10"])
        try await Self.say(["live"], by: bob)
        #expect(try await Self.texts(1, to: ann) == ["live"])
    }

    @Test(arguments: [1, 2])
    func `cases 5 and 6: much that was missed comes whole, goes over into what comes, and makes nobody slow`(
        threads: Int
    ) async throws {
        let limits = [
            "--max-backlog", "64K", "--history-messages", "5000", "--history-bytes", "8M", "--ping-interval", "10m",
        ]
        let server = try await RunningProgram.server(["--log-level", "warning", "--threads", "\(threads)"] + limits)
        let bob = try await RawPeer.upgraded(port: server.port)
        let ann = try await JSONPeer.connected(to: server, "/?last=1")
        let padding = String(repeating: "x", count: 1_000)
        // By its witness they have their places.
        async let heard = Self.texts(2_000, to: ann)
        for number in 0..<2_000 { try await bob.send(.text("\(number) \(padding)")) }
        _ = try await heard
        async let sending: Void = {
            for number in 2_000..<2_500 { try await bob.send(.text("\(number) \(padding)")) }
        }()
        let back = try await JSONPeer.connected(to: server, "/?after=\(ann.welcome.position)")
        #expect(back.welcome.recovered)
        let numbers = try await Self.texts(2_500, to: back).map { $0.prefix { $0 != " " } }
        #expect(numbers == (0..<2_500).map { "\($0)" })
        try await sending
    }

    @Test func `case 10: what a client need not see moves its position`() async throws {
        let server = try await RunningProgram.server()
        let ann = try await JSONPeer.connected(to: server)
        let bob = try await JSONPeer.connected(to: server)
        for _ in 1...3 { try await ann.peer.send(RawFrame(.binary, [1])) }
        for _ in 1...3 { #expect(try await bob.peer.receive() == RawFrame(.binary, [1])) }
        #expect(try await bob.nextPosition() == Self.position(bob.welcome.position, 3))
        try await ann.send(.message(text: "without a key"))
        #expect(try await ann.nextPosition() == Self.position(bob.welcome.position, 3))
        #expect(try await ann.nextPosition() == Self.position(bob.welcome.position, 4))
    }

    @Test func `case 11: a position that the channel has not come to is no old one`() async throws {
        let server = try await RunningProgram.server()
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say(["one"], by: bob)
        let now = Self.position(bob.welcome.position, 1)
        let future = Self.position(now, 7)
        let ann = try await JSONPeer.connected(to: server, "/?after=\(future)")
        #expect(ann.welcome.position == now)
        #expect(!ann.welcome.recovered)
        #expect(try await Self.gap(of: ann) == Gap(from: future, to: now, reason: .future))
        try await Self.say(["live"], by: bob)
        #expect(try await Self.texts(1, to: ann) == ["live"])
    }

    @Test(arguments: [1, 2])
    func `case 12: who was welcomed gets what is said from then on`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--threads", "\(threads)"])
        let bob = try await JSONPeer.connected(to: server)
        for number in 1...20 {
            let ann = try await JSONPeer.connected(to: server)
            try await bob.send(.message(text: "\(number)"))
            #expect(try await ann.nextMessage().text == "\(number)")
            try await ann.peer.close()
        }
    }

    @Test func `case 13: a position of another run of numbers is told apart`() async throws {
        let server = try await RunningProgram.server()
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say(["one"], by: bob)
        let ann = try await JSONPeer.connected(to: server, "/?after=1.1")
        #expect(!ann.welcome.recovered)
        #expect(ann.welcome.position == bob.welcome.position)
        #expect(try await Self.gap(of: ann) == Gap(from: "1.1", to: bob.welcome.position, reason: .epoch))
        #expect(try await Self.texts(1, to: ann) == ["one"])
    }

    @Test func `case 14: pages of the past and what comes fit together`() async throws {
        let server = try await RunningProgram.server()
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say((1...120).map { "\($0)" }, by: bob)
        let ann = try await JSONPeer.connected(to: server, "/?last=10")
        #expect(try await Self.texts(10, to: ann) == (111...120).map { "\($0)" })
        var texts: [String] = []
        var start = Self.position(ann.welcome.position, 1)
        while true {
            try await ann.send(.fetch(Fetch(start: .before(start), limit: 50)))
            let page = try await ann.next { if case .history(let page) = $0 { page } else { nil } }
            #expect(page.position == Self.position(bob.welcome.position, 120))
            #expect(page.start == .before(start))
            #expect(page.messages.allSatisfy { $0.from == bob.member })
            texts = page.messages.map { if case .text(let text) = $0.content { text } else { "" } } + texts
            start = page.messages.first?.id ?? start
            guard page.hasMore else { break }
        }
        #expect(texts == (1...110).map { "\($0)" })
        try await ann.send(.fetch(Fetch(start: .after(bob.welcome.position), limit: 2)))
        let page = try await ann.next { if case .history(let page) = $0 { page } else { nil } }
        #expect(page.messages.map(\.id) == [1, 2].map { Self.position(bob.welcome.position, $0) })
        #expect(page.hasMore)
        #expect(page.missing == 0)
    }

    @Test func `what is no position of the channel cannot be fetched from`() async throws {
        let server = try await RunningProgram.server()
        let ann = try await JSONPeer.connected(to: server)
        for start in ["x", "1.1", Self.position(ann.welcome.position, 1).rawValue] {
            try await ann.send(.fetch(Fetch(start: .after(PositionText(rawValue: start)))))
            let problem = try await ann.next { if case .error(let problem) = $0 { problem } else { nil } }
            #expect(problem.code == .badPosition)
        }
    }

    @Test(arguments: [1, 2])
    func `own messages do not come again to a session that comes back`(threads: Int) async throws {
        let server = try await RunningProgram.server(["--threads", "\(threads)"])
        let ann = try await JSONPeer.connected(to: server, "/?name=ann")
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say(["own"], by: ann)
        await ann.peer.reset()
        try await server.waitForOutput("Client 1 disconnected")
        try await Self.say(["other's"], by: bob)
        let back = try await Self.again(ann, at: server)
        #expect(back.welcome.recovered)
        #expect(back.member == ann.member)
        #expect(try await Self.texts(1, to: back) == ["other's"])
        #expect(try await back.nextPosition() == Self.position(ann.welcome.position, 2))
        // To a stranger both do.
        let other = try await JSONPeer.connected(to: server, "/?after=\(ann.welcome.position)")
        #expect(try await Self.texts(2, to: other) == ["own", "other's"])
    }

    @Test func `members of plain text get what was said when they ask`() async throws {
        let server = try await RunningProgram.server()
        let bob = try await RawPeer.upgraded(port: server.port, path: "/?name=bob")
        let witness = try await RawPeer.upgraded(port: server.port)
        for text in ["one", "two"] { try await bob.send(.text(text)) }
        for text in ["one", "two"] { #expect(try await witness.receive() == .text("bob: \(text)")) }
        let last = try await RawPeer.upgraded(port: server.port, path: "/?last=1")
        #expect(try await last.receive() == .text("bob: two"))
        let none = try await RawPeer.upgraded(port: server.port)
        try await bob.send(.text("three"))
        #expect(try await last.receive() == .text("bob: three"))
        #expect(try await none.receive() == .text("bob: three"))
    }

    @Test func `without a history everything that was missed is missing`() async throws {
        let server = try await RunningProgram.server(["--history-messages", "0"])
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say(["one", "two"], by: bob)
        let ann = try await JSONPeer.connected(to: server, "/?after=\(bob.welcome.position)")
        let now = Self.position(bob.welcome.position, 2)
        #expect(try await Self.gap(of: ann) == Gap(from: bob.welcome.position, to: now, missing: 2, reason: .expired))
    }

    @Test func `ids go on in a channel that nobody is in`() async throws {
        let server = try await RunningProgram.server()
        let bob = try await JSONPeer.connected(to: server, "/team")
        try await Self.say(["one"], by: bob)
        try await bob.peer.close()
        try await server.waitForOutput("Client 1 disconnected")
        let ann = try await JSONPeer.connected(to: server, "/team?last=5")
        #expect(ann.welcome.position == bob.welcome.position)
        #expect(try await Self.texts(1, to: ann) == ["one"])
    }

    @Test func `the channel that was used longest ago gives up its history first`() async throws {
        let server = try await RunningProgram.server(["--log-level", "warning", "--history-total", "64K"])
        let text = String(repeating: "x", count: 5_000)
        var channels: [JSONPeer] = []
        for name in ["/a", "/b"] {
            let peer = try await JSONPeer.connected(to: server, name)
            for number in 1...8 {
                try await peer.send(.message(text: text, key: "\(number)"))
                _ = try await peer.nextAcknowledgement()
            }
            channels.append(peer)
        }
        while true {
            let guest = try await JSONPeer.connected(to: server, "/a?after=\(channels[0].welcome.position)")
            try await guest.peer.close()
            if !guest.welcome.recovered { break }
        }
        let guest = try await JSONPeer.connected(to: server, "/b?after=\(channels[1].welcome.position)")
        #expect(guest.welcome.recovered)
    }

    @Test func `what is too old is kept no longer`() async throws {
        let server = try await RunningProgram.server(["--history-age", "300ms"])
        let bob = try await JSONPeer.connected(to: server)
        try await Self.say(["one"], by: bob)
        while true {
            let guest = try await JSONPeer.connected(to: server, "/?after=\(bob.welcome.position)")
            try await guest.peer.close()
            if !guest.welcome.recovered { break }
        }
    }

    @Test(arguments: ["drop-oldest", "drop-newest"])
    func `who is too slow is told what it lost, and who is there`(policy: String) async throws {
        let server = try await RunningProgram.server(
            // Where other tests have the processor it takes longer than the interval of pings.
            ["--log-level", "error", "--slow-client", policy, "--max-backlog", "128K", "--compression", "off"]
                + ["--ping-interval", "10m"]
        )
        let raw = try await RawPeer.upgraded(
            port: server.port,
            fields: ["Sec-WebSocket-Protocol: \(ChatProtocol.subprotocol)"],
            receiveBuffer: 4_096
        )
        let sender = try await RawPeer.upgraded(port: server.port, path: "/?name=sender")
        let padding = String(repeating: "x", count: 4_000)
        let count = 4_000
        for number in 0..<count {
            try await sender.send(.text("\(number) \(padding)"))
            guard number % 500 == 250 else { continue }
            let guest = try await JSONPeer.connected(to: server)
            try await guest.peer.close()
        }
        let witness = try await JSONPeer.connected(to: server, "/?name=witness&last=1")
        guard case .welcome(let welcome) = try JSONPeer.object(await raw.receive()) else {
            Issue.record("no welcome")
            return
        }
        let slow = JSONPeer(peer: raw, welcome: welcome)
        var position = welcome.position
        var (received, lost) = (0, 0)
        var attendance: Attendance?
        var members = 0
        while received + lost < count || attendance == nil || members != 3 {
            switch try await slow.receive() {
            case .message(let message):
                #expect(message.id == Self.position(position, 1))
                position = message.id
                received += 1
            case .gap(let gap):
                #expect(gap.from == position)
                #expect(gap.reason == .slow)
                #expect(gap.to == Self.position(position, Int(gap.missing ?? 0)))
                position = gap.to
                lost += Int(gap.missing ?? 0)
            case .members(let anew):
                attendance = anew
                members = anew.count
            case .joined(let presence), .left(let presence): members = presence.count
            default: break
            }
        }
        #expect(lost > 0)
        #expect(attendance?.members?.contains(slow.member) == true)
        #expect(witness.welcome.count == 3)
    }
}
