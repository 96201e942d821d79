import LWSSwift
import TestSupport
import Testing

/// Pings, and what happens to peers that are silent. The times are short; the wheel's tick is 100 ms.
@Suite(.timeLimit(.minutes(1))) struct LivenessTests {
    @Test(arguments: [WebSocketRole.server, .client])
    func `a ping comes back and is timed`(role: WebSocketRole) async throws {
        try await withBothEnds { server, client in
            let time = try await (role == .client ? client : server).ping()
            #expect(time > .zero && time < .seconds(30))
        }
    }

    @Test func `a ping whose task is cancelled ends at once`() async throws {
        try await withRawServer { client, server in
            let ping = Task { try await client.ping() }
            let frame = try await server.receive()
            #expect(frame.opcode == .ping)
            ping.cancel()
            await #expect { try await ping.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            await server.end()
        }
    }

    @Test func `a ping that is under way when the connection ends says so`() async throws {
        try await withRawServer { client, server in
            let ping = Task { try await client.ping() }
            let frame = try await server.receive()
            #expect(frame.opcode == .ping)
            await server.reset()
            await #expect { try await ping.value } throws: { ($0 as? WebSocketError)?.code == .closed }
        }
    }

    @Test func `a silent peer is sent pings, and lives as long as it answers them`() async throws {
        try await withServer {
            $0.limits.keepalive = .init(interval: .milliseconds(100), timeout: .seconds(30))
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            for _ in 0..<3 {
                let ping = try await peer.receive()
                #expect(ping.opcode == .ping)
                try await peer.send(RawFrame(.pong, ping.payload))
            }
            try await peer.send(.text("still here"))
            var frame = try await peer.receive()
            while frame.opcode == .ping { frame = try await peer.receive() }
            #expect(frame == .text("still here"))
        }
    }

    @Test func `a peer that answers no ping counts as lost`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            $0.limits.keepalive = .init(interval: .milliseconds(100), timeout: .milliseconds(200))
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            #expect(try await peer.receive().opcode == .ping)
            #expect(try await peer.readToEnd() == [])
            try await closes.wait { $0.count == 1 }
            #expect(closes.value[0].code == .abnormalClosure)
            #expect(closes.value[0].initiator == .connectionLoss)
        }
    }

    @Test func `a connection that carries no message is closed when it may not idle`() async throws {
        try await withServer {
            $0.limits.keepalive = .init(interval: .milliseconds(100))
            $0.limits.idleTimeout = .milliseconds(500)
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            var frame = try await peer.receive()
            while frame.opcode == .ping {
                // Answering pings is no message.
                try await peer.send(RawFrame(.pong, frame.payload))
                frame = try await peer.receive()
            }
            #expect(frame == .close(1001, "idle"))
        }
    }

    @Test func `a reader that takes no message has its connection closed`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            $0.limits.inbound = .init(lowBytes: 10, highBytes: 100)
            $0.limits.stallTimeout = .milliseconds(200)
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            for _ in 0..<10 { try await peer.send(.text(String(repeating: "x", count: 50))) }
            #expect(try await peer.receive() == .close(1008, "messages are not read"))
            try await peer.send(.close(1008))
            try await closes.wait { $0.map(\.code) == [.policyViolation] }
        }
    }
}
