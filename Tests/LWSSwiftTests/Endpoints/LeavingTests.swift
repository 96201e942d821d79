import Glibc
import HTTPTypes
import TestSupport
import Testing

@testable import LWSSwift

/// A server that another one takes the place of.
@Suite(.timeLimit(.minutes(1))) struct LeavingTests {
    @Test func `who connects while nobody accepts waits for the server that goes on with the socket`() async throws {
        try await withLoop { loop in
            let (copies, port) = try await withServer(on: loop) { server in
                let copies = try await server.copyListeningSockets()
                await server.stopListening(leavingSockets: true)
                return (copies, server.port!)
            }
            let peer = try RawPeer(port: port)
            try await peer.write(RawRequest().bytes)
            try await withServer(on: loop) {
                $0.endpoint = .listening(descriptors: copies)
            } _: { server in
                #expect(server.port == port)
                let head = try await peer.readHead()
                #expect(head.hasPrefix("HTTP/1.1 101 "))
            }
        }
    }

    @Test func `connections go on when nobody is accepted any more`() async throws {
        try await withServer { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            await server.stopListening()
            #expect(throws: (any Error).self) { try RawPeer(port: server.port!) }
            try await peer.send(.text("hello"))
            let answer = try await peer.receive()
            #expect(answer == .text("hello"))
            #expect(await server.subscribers.map(\.id).count == 1)
        }
    }

    @Test func `one that was accepted is answered before the server goes on to leave`() async throws {
        try await withServer { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET / HTTP/1.1\r\n")
            // Accepted, and its request is under way.
            try await wait(for: server) { $0.owesAnswers }
            async let stopped: Void = server.stopListening(patience: .seconds(RawPeer.patience))
            try await wait(for: server) { $0.isLeaving }
            try await peer.write("Host: a\r\n\r\n")
            let head = try await peer.readHead()
            #expect(head.contains("\r\nConnection: close"), "\(head)")
            await stopped
        }
    }

    @Test(arguments: [RawRequest(), RawRequest(path: "/events", fields: ["Host: localhost"])])
    func `who had an answer before is not taken in any more`(request: RawRequest) async throws {
        try await withServer {
            $0.http = { asked in
                if asked.request.path == "/events" { return .eventStream { _ in } }
                return HTTPServerResponse(text: "here")
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let answer = try await RawAnswer(from: peer)
            #expect(answer.text == "here")
            await server.stopListening()
            try await peer.write(request.bytes)
            let head = try await peer.readHead()
            #expect(head.hasPrefix("HTTP/1.1 503 ") && head.contains("\r\nConnection: close"), "\(head)")
        }
    }

    @Test func `a descriptor that does not listen is refused and closed`() async throws {
        var pair: [Int32] = [-1, -1]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { close(pair[1]) }
        var configuration = WebSocketServer.Configuration()
        configuration.endpoint = .listening(descriptors: [pair[0]])
        await #expect {
            _ = try await WebSocketServer.start(configuration) { _ in }
        } throws: {
            ($0 as? WebSocketError)?.code == .invalidConfiguration
        }
        // The other end sees that it is closed; its number may be another's by now.
        var byte: UInt8 = 0
        #expect(unsafe recv(pair[1], &byte, 1, Int32(MSG_DONTWAIT)) == 0)
    }

    /// One asks each millisecond whether it may come, or at the ticks of the loop's timers, a little late.
    @Test(arguments: [1, 2, 3, 9, 10, 11, 100, 1_000], [1, 100])
    func `no second has more than the pace allows, and not many fewer`(perSecond: Int, every interval: UInt64) {
        var pacer = AcceptPacer(AcceptPace(perSecond: perSecond, duration: .seconds(60)), now: 12_301)
        var accepted: [UInt64] = []
        for now in stride(from: UInt64(12_301), to: 22_301, by: UInt64.Stride(interval)) {
            while pacer.rest(now) == nil, accepted.count < 20_000 {
                pacer.note(now)
                accepted.append(now)
            }
        }
        let most = accepted.indices.map { first in
            accepted[first...].prefix { $0 < accepted[first] + 1_000 }.count
        }.max()
        #expect(most! <= perSecond)
        #expect(accepted.count >= perSecond * 8)
    }

    @Test func `a pace is for the beginning`() {
        let pacer = AcceptPacer(AcceptPace(perSecond: 1, duration: .seconds(2)), now: 1_000)
        #expect(!pacer.hasEnded(2_999))
        #expect(pacer.hasEnded(3_000))
    }

    @Test func `a server with a pace takes in all that come, one after another`() async throws {
        try await withServer {
            $0.acceptPace = AcceptPace(perSecond: 50, duration: .seconds(60))
        } _: { server in
            let start = ContinuousClock.now
            // Each tick of a tenth of a second takes four.
            for _ in 0..<20 {
                let peer = try await RawPeer.upgraded(port: server.port!)
                try await peer.close()
            }
            #expect(ContinuousClock.now - start > .milliseconds(300))
        }
    }

    /// Waits until something is true of a server.
    private func wait(for server: WebSocketServer, _ condition: @escaping @Sendable (ServerCore) -> Bool) async throws {
        let core = server.cores[0]
        let deadline = ContinuousClock.now + .seconds(RawPeer.patience)
        while try await !core.loop.run({ condition(core) }) { try #require(ContinuousClock.now < deadline) }
    }
}
