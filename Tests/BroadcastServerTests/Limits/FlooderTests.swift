import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// What the limits do to those who are within them, and to those who are not.
@Suite(.timeLimit(.minutes(1))) struct FlooderTests {
    private func withChat(
        _ limits: Limits,
        threads: Int = 1,
        _ body: (LocalChat) async throws -> Void
    ) async throws {
        let chat = try await LocalChat.start(threads: threads, limits: limits)
        do {
            try await body(chat)
        } catch {
            await chat.end()
            throw error
        }
        await chat.end()
    }

    private func limits(
        _ clock: (@Sendable () -> Double)? = nil,
        _ change: (inout LimitSettings) -> Void
    ) -> Limits {
        var settings = LimitSettings()
        change(&settings)
        return clock.map { Limits(settings, clock: $0) } ?? Limits(settings)
    }

    @Test(arguments: [1, 2])
    func `a flood comes whole, in order and at its rate, and the one who floods is told once`(threads: Int) async throws
    {
        // A hundred times as much as may come in a second.
        let (rate, count) = (400, 1_200)
        let limits = limits { $0.rates.client.messages = Rate(perSecond: rate, burst: rate) }
        try await withChat(limits, threads: threads) { chat in
            let witness = try await JSONPeer.connected(to: chat.port, "/team")
            let flooder = try await JSONPeer.connected(to: chat.port, "/team")
            let start = ContinuousClock.now
            let frames = (0..<count).map { JSONPeer.frame(.message(text: "\($0)", key: nil, stored: nil)) }
            try await flooder.peer.write(frames.flatMap { $0.encoded(masked: true) })
            let notice = try await flooder.next { if case .notice(let notice) = $0 { notice } else { nil } }
            #expect(notice == Notice.slowed)
            for number in 0..<count { #expect(try await witness.nextMessage().text == "\(number)") }
            // Its close frame is seen, and nothing else was told.
            try await flooder.peer.send(.close(1000))
            let rest = try await flooder.peer.receiveToEnd()
            #expect(
                !rest.contains { $0.opcode == .text && String(decoding: $0.payload, as: UTF8.self).contains("slowed") }
            )
            #expect(limits.counters.slowedSenders == 1)
            // Whatever the machine does, it cannot have come sooner than the rate allows.
            #expect(start.duration(to: .now) > .seconds(0.9 * Double(count - rate) / Double(rate)))
            #expect(limits.counters.slowedSeconds > 0)
        }
    }

    @Test func `beside one who floods, others say as much as they may`() async throws {
        let limits = limits { $0.rates.client.messages = Rate(perSecond: 1, burst: 50) }
        try await withChat(limits) { chat in
            let witness = try await JSONPeer.connected(to: chat.port)
            let flooder = try await RawPeer.upgraded(port: chat.port)
            for number in 0..<500 { try await flooder.send(.text("flood \(number)")) }
            let other = try await RawPeer.upgraded(port: chat.port)
            for number in 0..<20 { try await other.send(.text("\(number)")) }
            var texts: [String] = []
            while texts.count < 20 {
                let text = try await witness.nextMessage().text
                if !text.hasPrefix("flood") { texts.append(text) }
            }
            #expect(texts == (0..<20).map { "\($0)" })
            // It is there still, and is answered.
            try await flooder.send(RawFrame(.ping, [7]))
            while try await flooder.receive() != RawFrame(.pong, [7]) {}
        }
    }

    @Test func `who publishes more than may come is told when to come back`() async throws {
        let time = Monitor(0.0)
        let limits = limits({ time.withLock { $0 } }) { $0.rates.client.messages = Rate(perSecond: 1, burst: 3) }
        try await withChat(limits) { chat in
            let listener = try await JSONPeer.connected(to: chat.port, "/team")
            let peer = try HTTPPeer(port: chat.port)
            #expect(try await peer.post("/team", "one").status == 200)
            let batch = "{\"text\":\"two\"}\n{\"text\":\"three\"}\n"
            #expect(try await peer.post("/team", batch, "Content-Type: application/x-ndjson").status == 200)
            for body in ["four", "five"] {
                let answer = try await peer.post("/team", body)
                #expect(answer.status == 429)
                #expect(answer.fields["retry-after"] == "1")
                #expect(answer.fields["content-type"] == "application/problem+json")
                #expect(answer.body.contains(#""code":"too-many-requests""#))
            }
            let refused = try await peer.post("/other", batch, "Content-Type: application/x-ndjson")
            #expect(refused.status == 429)
            #expect(refused.fields["retry-after"] == "2")
            time.withLock { $0 = 1.01 }
            #expect(try await peer.post("/team", "six").status == 200)
            for text in ["one", "two", "three", "six"] { #expect(try await listener.nextMessage().text == text) }
        }
    }

    @Test func `an address has only so many connections and streams, and keeps nobody else out`() async throws {
        let limits = limits {
            $0.connectionsPerAddress = .number(2)
            $0.trustedProxies = AddressNetworks([AddressNetwork("127.0.0.1")!])
        }
        try await withChat(limits) { chat in
            let fields = ["X-Forwarded-For: 203.0.113.9, 192.0.2.1"]
            let first = try await RawPeer.upgraded(port: chat.port, fields: fields)
            let stream = try RawPeer(port: chat.port)
            try await stream.write(
                RawRequest(path: "/team", fields: ["Host: localhost", "Accept: text/event-stream"] + fields).bytes
            )
            #expect(try await stream.readHead().hasPrefix("HTTP/1.1 200"))
            try await Self.waitUntil { limits.connectionRefusal(AddressShare(host: "192.0.2.1"), nil) != nil }
            for _ in 0..<20 {
                let peer = try RawPeer(port: chat.port)
                try await peer.write(RawRequest(fields: RawRequest.requiredFields + fields).bytes)
                let answer = String(decoding: try await peer.readToEnd(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 429"))
                #expect(answer.lowercased().contains("\r\nretry-after: 5\r\n"))
                #expect(answer.hasSuffix("come back later.\n"))
            }
            let events = try await HTTPPeer(port: chat.port).get("/team", "Accept: text/event-stream", fields[0])
            #expect(events.status == 429)
            let other = try await RawPeer.upgraded(port: chat.port, fields: ["X-Forwarded-For: 192.0.2.2"])
            try await other.close()
            try await first.close()
            try await Self.waitUntil { limits.connectionRefusal(AddressShare(host: "192.0.2.1"), nil) == nil }
            let next = try await RawPeer.upgraded(port: chat.port, fields: fields)
            try await next.close()
        }
    }

    @Test func `an address makes only so many channels, and keeps nobody else out`() async throws {
        let limits = limits {
            $0.channelsPerAddress = .number(2)
            $0.trustedProxies = AddressNetworks([AddressNetwork("127.0.0.1")!])
        }
        try await withChat(limits) { chat in
            let fields = ["X-Forwarded-For: 192.0.2.1"]
            var peers: [RawPeer] = []
            for path in ["/a", "/b"] {
                peers.append(try await RawPeer.upgraded(port: chat.port, path: path, fields: fields))
            }
            let peer = try RawPeer(port: chat.port)
            try await peer.write(RawRequest(path: "/c", fields: RawRequest.requiredFields + fields).bytes)
            #expect(try await peer.readHead().hasPrefix("HTTP/1.1 429"))
            let post = try await HTTPPeer(port: chat.port).post("/c", "text", fields[0])
            #expect(post.status == 429)
            #expect(post.body.contains(#""code":"no-room""#))
            // What is there, the one without a name, and what others make.
            peers.append(try await RawPeer.upgraded(port: chat.port, path: "/b", fields: fields))
            peers.append(try await RawPeer.upgraded(port: chat.port, fields: fields))
            peers.append(
                try await RawPeer.upgraded(port: chat.port, path: "/c", fields: ["X-Forwarded-For: 192.0.2.2"])
            )
            for peer in peers { try await peer.close() }
        }
    }

    /// Asks now and then: what the server knows of a connection it knows a little later than the client.
    private static func waitUntil(_ condition: () -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(RawPeer.patience)
        while !condition() {
            try #require(clock.now < end)
            try await clock.sleep(for: .milliseconds(5))
        }
    }

    @Test(arguments: [1, 2])
    func `a new connection says nothing for as long as its channel owes, and hears what is said`(threads: Int)
        async throws
    {
        let limits = limits { $0.rates.channel.messages = Rate(perSecond: 1, burst: 1_000) }
        try await withChat(limits, threads: threads) { chat in
            let witness = try await JSONPeer.connected(to: chat.port, "/team")
            // An hour of it.
            let name = try #require(ChannelName(checking: "team"))
            let meter = try #require(chat.service.directory.meter(of: name))
            limits.pay(MessageAmount(messages: 4_600), in: meter)
            for _ in 0..<3 {
                let comer = try await RawPeer.upgraded(port: chat.port, path: "/team")
                try await comer.send(.text("one more"))
                try await comer.send(RawFrame(.ping, [7]))
                // It was read, and waits.
                while try await comer.receive() != RawFrame(.pong, [7]) {}
                await comer.end()
            }
            let other = try await JSONPeer.connected(to: chat.port, "/team?name=Ann")
            try await other.peer.send(.close(1000))
            // Nothing was said before she came.
            let joined = try await witness.next { object -> Bool? in
                switch object {
                case .message: false
                case .joined(let event) where event.member.name == "Ann": true
                default: nil
                }
            }
            #expect(joined)
        }
    }
}
