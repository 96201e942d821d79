import TestSupport
import Testing

@testable import LWSSwift

/// Event streams as members of a group.
@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
    private static let configuration = BroadcastGroup.Configuration(eventCommentInterval: nil, epoch: 35)

    // MARK: The answer

    @Test func `the answer is a stream that nothing on its way is to keep back`() async throws {
        try await withGroup(Self.configuration) { fixture in
            let peer = try await fixture.listen()
            for field in [
                "Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no",
                "Connection: close",
            ] {
                #expect(peer.head.contains("\r\n\(field)\r\n"))
            }
            #expect(!peer.head.contains("Transfer-Encoding") && !peer.head.contains("Content-Length"))
        }
    }

    @Test func `HEAD is answered with the head, and opens nothing`() async throws {
        let opened = Watched(0)
        try await withServer {
            $0.http = { _ in .eventStream { _ in opened.update { $0 += 1 } } }
        } _: { server in
            let peer = try RawPeer(port: server.port ?? 0)
            try await peer.write(RawRequest(method: "HEAD", fields: ["Host: localhost"]).bytes)
            let answer = String(decoding: try await peer.readToEnd(), as: UTF8.self)
            #expect(answer.contains("\r\nContent-Type: text/event-stream\r\n") && answer.hasSuffix("\r\n\r\n"))
            #expect(opened.value == 0 && server.connectionCount == 0)
        }
    }

    @Test func `a stream counts as a connection, and is refused when there are too many`() async throws {
        try await withServer {
            $0.maximumConnections = 1
            $0.http = { _ in .eventStream { $0.trySend(comment: "") } }
        } _: { server in
            let request = RawRequest(fields: ["Host: localhost"]).bytes
            let (first, second) = (try RawPeer(port: server.port ?? 0), try RawPeer(port: server.port ?? 0))
            try await first.write(request)
            _ = try await first.readHead()
            #expect(server.connectionCount == 1)
            try await second.write(request)
            let head = try await second.readHead()
            #expect(head.hasPrefix("HTTP/1.1 503 ") && head.contains("\r\nRetry-After: "))
            await first.end()
            try await eventually("the stream is counted") { server.connectionCount == 0 }
        }
    }

    // MARK: Events

    @Test(arguments: [1, 2])
    func `streams and connections get the same messages in one order`(loops: Int) async throws {
        try await withGroup(Self.configuration, loops: loops) { fixture in
            let talker = try await fixture.connect()
            let (peer, listener) = (
                try await fixture.connect(loop: loops - 1), try await fixture.listen(loop: loops - 1)
            )
            for number in 1...200 { try await talker.raw.send(RawFrame(.text, Array("message \(number)".utf8))) }
            let texts = try await peer.raw.texts(200)
            #expect(texts == (1...200).map { "message \($0)" })
            for number in 1...200 {
                #expect(try await listener.lines() == ["id: z.\(number)", "data: message \(number)"])
            }
            let group = fixture.group
            try await fixture.loop.run {
                _ = group.announce("news", in: BroadcastEnvelope([.message(event: "news")]))
                _ = group.trySend(.binary([0, 255, 7]))
                _ = group.trySend("two\nlines")
            }
            #expect(try await listener.lines() == ["event: news", "data: news"])
            #expect(try await listener.lines() == ["id: z.201", "event: binary", "data: AP8H"])
            #expect(try await listener.lines() == ["id: z.202", "data: two", "data: lines"])
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `what is for one stream alone keeps its place among the events of its group`() async throws {
        try await withGroup(Self.configuration) { fixture in
            let (listener, group) = (try await fixture.listen(), fixture.group)
            let member = listener.member
            try await fixture.loop.run {
                guard let stream = member.subscriber.eventStream else { return }
                group.trySend("one")
                stream.trySend(event: "own", data: "two", id: "x")
                group.trySend("three")
                stream.trySend(comment: "four")
                stream.trySend(retry: .milliseconds(1_500))
                group.trySend("five")
            }
            #expect(try await listener.lines() == ["id: z.1", "data: one"])
            #expect(try await listener.lines() == ["id: x", "event: own", "data: two"])
            #expect(try await listener.lines() == ["id: z.2", "data: three"])
            #expect(try await listener.lines() == [": four"])
            #expect(try await listener.lines() == ["retry: 1500"])
            #expect(try await listener.lines() == ["id: z.3", "data: five"])
        }
    }

    @Test func `events that are longer than a slab come whole, to those who read slowly too`() async throws {
        try await withGroup(Self.configuration) { fixture in
            let group = fixture.group
            let peers = [try await fixture.listen(), try await fixture.listen(receiveBuffer: 16_384)]
            let long = String(repeating: "0123456789abcdef", count: 50_000)
            let texts = ["short", long, "again", long + "\n" + long, "end"]
            try await fixture.loop.run {
                for text in texts { group.trySend(.text(text)) }
            }
            for peer in peers { #expect(try await peer.data(texts.count) == texts) }
        }
    }

    @Test func `a group without anything to say sends a comment to all at once`() async throws {
        try await withGroup(.init(eventCommentInterval: .milliseconds(200))) { fixture in
            let peers = [try await fixture.listen(), try await fixture.listen()]
            for _ in 0..<3 {
                for peer in peers { #expect(try await peer.raw.read(3) == Array(":\n\n".utf8)) }
            }
        }
    }

    // MARK: Coming back

    @Test(arguments: [1, 2])
    func `who comes back gets what it missed and then what comes, nothing twice`(loops: Int) async throws {
        let replay = Watched<BroadcastGroup.Replay>(.everything)
        try await withGroup(
            .init(history: .init(), eventCommentInterval: nil, epoch: 35),
            loops: loops,
            admitStream: { group, stream in group.join(stream, replaying: replay.value).member }
        ) { fixture in
            let (group, loop) = (fixture.group, fixture.loop)
            try await loop.run { for number in 1...500 { group.trySend(.text("\(number)")) } }
            for index in 0..<loops {
                let after = UInt64.random(in: 0...500)
                replay.update { $0 = .after(.init(epoch: 35, number: after)) }
                // More is sent while it joins.
                async let sent: Void = {
                    for _ in 0..<20 { try await loop.run { for _ in 0..<5 { group.trySend("live") } } }
                }()
                let peer = try await fixture.listen(loop: index)
                try await sent
                let last = try await loop.run { group.position.number }
                for number in (after + 1)...last {
                    let lines = try await peer.lines()
                    #expect(lines == ["id: z.\(number)", "data: \(number > 500 ? "live" : "\(number)")"])
                }
                try await loop.run { _ = group.trySend("live") }
                #expect(try await peer.lines() == ["id: z.\(last + 1)", "data: live"])
            }
        }
    }

    // MARK: The end

    enum HangUp: CaseIterable {
        case end, halfClose, reset
    }

    @Test(arguments: HangUp.allCases)
    func `a client that hangs up is a member no more, although nothing is sent to it`(how: HangUp) async throws {
        let ends = Watched<[EventStreamConnection.End]>([])
        try await withGroup(
            Self.configuration,
            admitStream: { group, stream in
                stream.onClose { ends.append($0) }
                return group.join(stream)
            }
        ) { fixture in
            let peer = try await fixture.listen()
            switch how {
            case .end: await peer.raw.end()
            case .halfClose: await peer.raw.endSending()
            case .reset: await peer.raw.reset()
            }
            try await ends.wait { $0 == [.byClient] }
            #expect(fixture.group.memberCount == 0)
        }
    }

    @Test func `what a client says behind its request is dropped, and without end it is cut off`() async throws {
        try await withGroup(Self.configuration) { fixture in
            let (peer, group) = (try await fixture.listen(), fixture.group)
            try await peer.raw.write(RawRequest(fields: ["Host: localhost"]).bytes)
            try await peer.raw.write(Array(repeating: 0x20, count: 10_000))
            try await fixture.loop.run { _ = group.trySend("hello") }
            #expect(try await peer.lines() == ["id: z.1", "data: hello"])
            #expect(group.memberCount == 1)
            try? await peer.raw.write(Array(repeating: 0x20, count: 100_000))
            try await fixture.waitForMembers(0)
        }
    }

    @Test func `a stream that is closed sends what was queued, and ends`() async throws {
        try await withGroup(Self.configuration) { fixture in
            let (peer, group) = (try await fixture.listen(receiveBuffer: 16_384), fixture.group)
            let member = peer.member
            let text = String(repeating: "x", count: 6_000_000)
            let end = Watched<EventStreamConnection.End?>(nil)
            try await fixture.loop.run {
                guard let stream = member.subscriber.eventStream else { return }
                group.trySend(.text(text))
                stream.trySend(event: "bye", data: "")
                stream.onClose { reason in end.update { $0 = reason } }
                stream.close()
                #expect(stream.trySend(data: "late") == .dropped)
                group.trySend("late")
            }
            let rest = String(decoding: try await peer.raw.readToEnd(), as: UTF8.self)
            #expect(rest == "id: z.1\ndata: \(text)\n\nevent: bye\ndata: \n\n")
            try await end.wait { $0 == .byServer }
            #expect(group.memberCount == 0)
        }
    }

    // MARK: Those who do not keep up

    private static func slow(_ action: SlowMemberPolicy.Action) -> BroadcastGroup.Configuration {
        .init(
            slowMembers: SlowMemberPolicy(
                action: action,
                maximumBytesBehind: 1 << 20,
                maximumTimeBehind: nil,
                publishersWaitAboveBytes: nil
            ),
            eventCommentInterval: nil,
            epoch: 35
        )
    }

    @Test func `who is too far behind is cut off, while the others get everything`() async throws {
        let ends = Watched<[EventStreamConnection.End]>([])
        try await withGroup(
            Self.slow(.close),
            admitStream: { group, stream in
                stream.onClose { ends.append($0) }
                return group.join(stream)
            }
        ) { fixture in
            let group = fixture.group
            let (healthy, slow) = (try await fixture.connect(), try await fixture.listen(receiveBuffer: 16_384))
            var sent = 0
            while group.memberCount == 2 {
                let number = sent
                try await fixture.loop.run { _ = group.trySend(.numbered(number, bytes: 60_000)) }
                #expect(try await healthy.raw.message().number == number)
                sent += 1
            }
            try await ends.wait { $0 == [.tooSlow] }
            _ = try await slow.raw.readToEnd()
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test(arguments: [SlowMemberPolicy.Action.dropOldest, .dropNewest])
    func `who loses messages is told in their place, by an event without an id`(
        action: SlowMemberPolicy.Action
    ) async throws {
        try await withGroup(
            Self.slow(action),
            admitStream: { group, stream in
                let member = group.join(stream)
                member.noticeLoss(event: "gap") { .text("\($0.start) \($0.end) \($0.messageCount)") }
                return member
            }
        ) { fixture in
            let group = fixture.group
            let slow = try await fixture.listen(receiveBuffer: 16_384)
            let filler = String(repeating: "x", count: 60_000)
            var sent: UInt64 = 0
            while group.lostMessageCount == 0, sent < 400 {
                try await fixture.loop.run { _ = group.trySend(.text(filler)) }
                sent += 1
            }
            try await fixture.loop.run { _ = group.trySend("end") }
            sent += 1
            var last: UInt64 = 0
            var gaps = 0
            while last < sent {
                let lines = try await slow.lines()
                if lines.first == "event: gap" {
                    let words = EventPeer.data(of: lines).split(separator: " ").map(String.init)
                    #expect(words[0] == "z.\(last)")
                    let end = try #require(BroadcastGroup.Position(words[1]))
                    #expect(end.number - last == UInt64(words[2]))
                    last = end.number
                    gaps += 1
                    // What was lost newest is all that there was.
                    if action == .dropNewest, last == sent { break }
                } else {
                    #expect(lines.first == "id: z.\(last + 1)")
                    last += 1
                }
            }
            #expect(gaps > 0)
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `who takes nothing for long is cut off although no group says so`() async throws {
        let ends = Watched<[EventStreamConnection.End]>([])
        var limits = ConnectionLimits.patient
        limits.stallTimeout = .seconds(1)
        try await withGroup(
            Self.configuration,
            limits: limits,
            admitStream: { group, stream in
                stream.onClose { ends.append($0) }
                return group.join(stream)
            }
        ) { fixture in
            let slow = try await fixture.listen(receiveBuffer: 16_384)
            let member = slow.member
            try await fixture.loop.run {
                _ = member.subscriber.eventStream?.trySend(data: String(repeating: "x", count: 8_000_000))
            }
            try await ends.wait { $0 == [.tooSlow] }
        }
    }
}
