import HTTPTypes
import TestSupport
import Testing

@testable import LWSSwift

/// Event streams over TLS, and how they end.
@Suite(.timeLimit(.minutes(2))) struct SecureEventTests {
    private static let made = Task { try await Certificates() }
    private let certificates: Certificates

    init() async throws {
        certificates = try await Self.made.value
    }

    private var tls: TLSServerConfiguration {
        TLSServerConfiguration(certificateChainFile: certificates.server, privateKeyFile: certificates.serverKey)
    }

    /// Asks for a stream of events, and waits until it is a member.
    private func listen(_ fixture: GroupFixture, receiveBuffer: Int32? = nil) async throws -> SecurePeer {
        let count = fixture.group.memberCount
        let peer = try await SecurePeer(
            port: fixture.port(ofLoop: 0),
            trusting: certificates.authority,
            receiveBuffer: receiveBuffer
        )
        try await peer.write(RawRequest(fields: ["Host: localhost", "Accept: text/event-stream"]).bytes)
        let head = try await peer.readHead()
        try #require(head.first == "HTTP/1.1 200 OK\r")
        try await fixture.waitForMembers(count + 1)
        return peer
    }

    @Test func `a stream has what is said, in one order, however long it is`() async throws {
        try await withGroup(.init(eventCommentInterval: nil, epoch: 35), tls: tls) { fixture in
            let group = fixture.group
            let peers = [try await listen(fixture), try await listen(fixture, receiveBuffer: 16_384)]
            // Longer than a record of TLS, and than a slab.
            let long = String(repeating: "0123456789abcdef", count: 20_000)
            let texts = ["short", long, "again"]
            try await fixture.loop.run {
                for text in texts { group.trySend(.text(text)) }
                _ = group.trySend(.binary([0, 255, 7]))
            }
            for peer in peers {
                for (index, text) in texts.enumerated() {
                    #expect(try await peer.event() == ["id: z.\(index + 1)", "data: \(text)"])
                }
                #expect(try await peer.event() == ["id: z.4", "event: binary", "data: AP8H"])
            }
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `a client whose stream is cut off goes on behind the last id`() async throws {
        try await withLoop { loop in
            let group = BroadcastGroup(on: [loop], .init(history: .init(), eventCommentInterval: nil, epoch: 35))
            let members = Watched<[BroadcastMember]>([])
            try await withServer(on: loop) {
                $0.tls = tls
                $0.http = { request in
                    let last = request[HTTPField.Name("Last-Event-ID")!].flatMap(BroadcastGroup.Position.init)
                    return .eventStream { stream in
                        if last == nil { stream.trySend(retry: .milliseconds(1)) }
                        let replay = last.map(BroadcastGroup.Replay.after) ?? .everything
                        members.append(group.join(stream, replaying: replay).member)
                    }
                }
            } _: { server in
                var configuration = EventStream.Configuration()
                configuration.tls.trust = .file(certificates.authority)
                configuration.connectTimeout = .seconds(RawPeer.patience)
                configuration.answerTimeout = .seconds(RawPeer.patience)
                configuration.longestBackoff = .zero
                let url = "https://localhost:\(server.port ?? 0)/"
                let stream = try await EventStream.connect(to: url, configuration, on: loop)
                var events = stream.makeAsyncIterator()
                for count in 1...3 {
                    try await members.wait { $0.count == count }
                    let member = members.value[count - 1]
                    try await loop.run {
                        for _ in 0..<5 { group.trySend("live") }
                        member.subscriber.eventStream?.close()
                        for _ in 0..<5 { group.trySend("missed") }
                    }
                    for index in 1...10 {
                        let id = "z.\(10 * (count - 1) + index)"
                        #expect(try await events.next() == ServerSentEvent(id: id, data: index > 5 ? "missed" : "live"))
                    }
                }
                stream.close()
            }
        }
    }

    enum HangUp: CaseIterable {
        case end, closeNotify, halfClose, halfCloseWithoutNotice, reset
    }

    @Test(arguments: HangUp.allCases)
    func `a client that hangs up is a member no more, although nothing is sent to it`(how: HangUp) async throws {
        let ends = Watched<[EventStreamConnection.End]>([])
        try await withGroup(
            .init(eventCommentInterval: nil),
            tls: tls,
            admitStream: { group, stream in
                stream.onClose { ends.append($0) }
                return group.join(stream)
            }
        ) { fixture in
            let peer = try await listen(fixture)
            switch how {
            case .end: await peer.raw.end()
            case .closeNotify: try await peer.endSecurely()
            case .halfClose:
                try await peer.endSecurely()
                await peer.raw.endSending()
            case .halfCloseWithoutNotice: await peer.raw.endSending()
            case .reset: await peer.raw.reset()
            }
            try await ends.wait { $0 == [.byClient] }
            #expect(fixture.group.memberCount == 0)
        }
    }

    @Test func `a client that reads nothing is cut off, while the others get everything`() async throws {
        let ends = Watched<[EventStreamConnection.End]>([])
        let policy = SlowMemberPolicy(
            action: .close,
            maximumBytesBehind: 1 << 20,
            maximumTimeBehind: nil,
            publishersWaitAboveBytes: nil
        )
        try await withGroup(
            .init(slowMembers: policy, eventCommentInterval: nil, epoch: 35),
            tls: tls,
            admitStream: { group, stream in
                stream.onClose { ends.append($0) }
                return group.join(stream)
            }
        ) { fixture in
            let group = fixture.group
            let healthy = try await listen(fixture)
            let stalled = try await listen(fixture, receiveBuffer: 16_384)
            let text = String(repeating: "x", count: 60_000)
            var sent = 0
            while group.memberCount == 2 {
                sent += 1
                try await fixture.loop.run { _ = group.trySend(.text(text)) }
                #expect(try await healthy.event().first == "id: z.\(sent)")
            }
            try await ends.wait { $0 == [.tooSlow] }
            await stalled.raw.end()
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `a client that takes nothing for long is cut off although no group says so`() async throws {
        let ends = Watched<[EventStreamConnection.End]>([])
        let members = Watched<[BroadcastMember]>([])
        var limits = ConnectionLimits.patient
        limits.stallTimeout = .seconds(1)
        try await withGroup(
            .init(eventCommentInterval: nil),
            limits: limits,
            tls: tls,
            admitStream: { group, stream in
                stream.onClose { ends.append($0) }
                let member = group.join(stream)
                members.append(member)
                return member
            }
        ) { fixture in
            let stalled = try await listen(fixture, receiveBuffer: 16_384)
            let member = members.value[0]
            try await fixture.loop.run {
                _ = member.subscriber.eventStream?.trySend(data: String(repeating: "x", count: 8_000_000))
            }
            try await ends.wait { $0 == [.tooSlow] }
            await stalled.raw.end()
        }
    }
}
