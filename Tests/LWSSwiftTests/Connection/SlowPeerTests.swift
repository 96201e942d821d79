import Glibc
import LWSSwift
import TestSupport
import Testing

/// Peers that are slow and read on: they are alive, whatever waits for them.
@Suite(.timeLimit(.minutes(1))) struct SlowPeerTests {
    /// What is queued for the peer, in messages of 16 KiB: more than the system's buffers take.
    private static let messageCount = 512
    private static let message = WebSocketMessage.binary(Array(repeating: 7, count: 16 << 10))

    /// What a peer that reads on must not be held to: long, since on a busy machine one that does gets no processor for
    /// seconds.
    private static let limit = Duration.seconds(10)

    /// Reads for more than the limit in all, answers pings, and gives the number of messages and the close frame that ends
    /// them.
    private func readSlowly(_ peer: RawPeer) async throws -> (messages: Int, close: RawFrame?) {
        var messages = 0
        while true {
            let frame = try await peer.receive()
            switch frame.opcode {
            case .ping: try await peer.send(RawFrame(.pong, frame.payload))
            case .close:
                try await peer.send(frame)
                return (messages, frame)
            default:
                messages += 1
                // The pace is what the test is about.
                if messages % 8 == 0 { try await Task.sleep(for: .milliseconds(200)) }
                if messages == Self.messageCount { return (messages, nil) }
            }
        }
    }

    private func limits(_ limits: inout ConnectionLimits) {
        limits.outbound = .init(lowBytes: 1 << 20, highBytes: 16 << 20)
    }

    @Test func `keepalive does not cut a peer that reads on, however much waits for it`() async throws {
        try await withServer {
            limits(&$0.limits)
            $0.limits.keepalive = .init(interval: .milliseconds(200), timeout: Self.limit)
        } onConnection: { connection in
            for _ in 0..<Self.messageCount { #expect(connection.trySend(Self.message) != .dropped) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            let (messages, close) = try await readSlowly(peer)
            #expect(messages == Self.messageCount && close == nil)
            try await peer.close()
        }
    }

    @Test func `a member of a group that reads on is not cut by keepalive either`() async throws {
        try await withLoop { loop in
            let group = BroadcastGroup(on: loop)
            try await withServer(on: loop) {
                limits(&$0.limits)
                $0.limits.keepalive = .init(interval: .milliseconds(200), timeout: Self.limit)
            } onConnection: { connection in
                group.join(connection)
                for _ in 0..<Self.messageCount { group.trySend(Self.message) }
            } _: { server in
                let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
                let (messages, close) = try await readSlowly(peer)
                #expect(messages == Self.messageCount && close == nil)
                try await peer.close()
            }
        }
    }

    /// What lws holds and the peer's pong can come to the same turn: the ping has left then, and must be known to have.
    @Test func `a pong counts that is read in the turn in which its ping is seen to have left`() async throws {
        try await withLoop { loop in
            try await withServer(on: loop) {
                limits(&$0.limits)
                $0.limits.keepalive = .init(interval: .milliseconds(200), timeout: .seconds(2))
            } onConnection: { connection in
                for _ in 0..<Self.messageCount { #expect(connection.trySend(Self.message) != .dropped) }
            } _: { server in
                let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
                // A ping waits behind what the system took.
                try await Task.sleep(for: .milliseconds(2_300))
                // A loop with much to do: between two of its turns the peer reads all that has left, and answers.
                let busy = Task {
                    while !Task.isCancelled { try? await loop.run { _ = usleep(20_000) } }
                }
                defer { busy.cancel() }
                var (messages, pings) = (0, 0)
                while messages < Self.messageCount || pings < 3 {
                    let frame = try await peer.receive()
                    if frame.opcode == .ping {
                        pings += 1
                        try await peer.send(RawFrame(.pong, frame.payload))
                    } else {
                        messages += 1
                    }
                }
                busy.cancel()
                try await peer.close()
            }
        }
    }

    @Test func `an orderly close waits for a peer that reads on, and truncates nothing`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            limits(&$0.limits)
            $0.limits.closeTimeout = Self.limit
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
            for _ in 0..<Self.messageCount - 1 { #expect(connection.trySend(Self.message) != .dropped) }
            connection.close(code: .goingAway, reason: "that was all")
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            let (messages, close) = try await readSlowly(peer)
            #expect(messages == Self.messageCount - 1)
            #expect(close == .close(1001, "that was all"))
            try await closes.wait { $0.count == 1 }
            #expect(closes.value.first?.isClean == true)
        }
    }

    @Test func `a peer whose socket stays full while it reads on has not stalled`() async throws {
        try await withServer {
            limits(&$0.limits)
            $0.limits.stallTimeout = Self.limit
        } onConnection: { connection in
            for _ in 0..<Self.messageCount { #expect(connection.trySend(Self.message) != .dropped) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            let (messages, close) = try await readSlowly(peer)
            #expect(messages == Self.messageCount && close == nil)
            try await peer.close()
        }
    }

    @Test func `a peer that takes nothing is cut after the time to stall`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            limits(&$0.limits)
            $0.limits.stallTimeout = .milliseconds(300)
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
            for _ in 0..<Self.messageCount { #expect(connection.trySend(Self.message) != .dropped) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            try await closes.wait { $0.map(\.code) == [.policyViolation] }
            await peer.end()
        }
    }

    @Test func `a peer that takes nothing more of what goes before the close frame is cut`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            limits(&$0.limits)
            $0.limits.closeTimeout = .milliseconds(300)
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
            for _ in 0..<Self.messageCount { #expect(connection.trySend(Self.message) != .dropped) }
            connection.close()
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            try await closes.wait { $0.count == 1 }
            #expect(closes.value.first?.isClean == false)
            await peer.end()
        }
    }

    @Test func `a peer's pings are answered ahead of what waits for it`() async throws {
        try await withServer {
            limits(&$0.limits)
        } onConnection: { connection in
            for _ in 0..<Self.messageCount { #expect(connection.trySend(Self.message) != .dropped) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            try await peer.send(RawFrame(.ping, [1, 2, 3]))
            var before = 0
            while try await peer.receive() != RawFrame(.pong, [1, 2, 3]) { before += 1 }
            #expect(before < Self.messageCount, "only behind everything")
            for _ in before..<Self.messageCount { #expect(try await peer.receive().opcode == .binary) }
            try await peer.close()
        }
    }
}
