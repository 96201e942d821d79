import LWSSwift
import TestSupport
import Testing

/// Closes that meet: what was queued goes out, then our close frame, whoever began.
@Suite(.timeLimit(.minutes(1))) struct CrossingCloseTests {
    @Test func `a handler's replies and its close go out although the peer's close came in the same read`() async throws
    {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer(onConnection: { connection in
            connection.onClose { closes.append($0) }
            connection.onMessage { message in
                for number in 1...3 { #expect(connection.trySend(.text("\(number)")) == .queued) }
                connection.close(code: .init(rawValue: 4_000), reason: "done")
            }
        }) { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("go"), .close(1000))
            for number in 1...3 { #expect(try await peer.receive() == .text("\(number)")) }
            #expect(try await peer.receive() == .close(4_000, "done"))
            #expect(try await peer.readToEnd() == [])
            try await closes.wait { $0.count == 1 }
            let expected = WebSocketClose(
                code: .init(rawValue: 4_000),
                reason: "done",
                initiator: .local,
                isClean: true
            )
            #expect(closes.value.first == expected)
        }
    }

    @Test func `replies go out before the answer to a peer's close in the same read`() async throws {
        try await withServer { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("one"), .text("two"), .close(1001, "bye"))
            await peer.endSending()
            #expect(try await peer.receive() == .text("one"))
            #expect(try await peer.receive() == .text("two"))
            #expect(try await peer.receive() == .close(1001))
            #expect(try await peer.readToEnd() == [])
        }
    }

    @Test func `much that is queued goes out before the answer to the peer's close`() async throws {
        let message = WebSocketMessage.binary(Array(repeating: 1, count: 64 << 10))
        let closes = Watched<[WebSocketClose]>([])
        try await withServer {
            $0.limits.outbound = .init(lowBytes: 1 << 20, highBytes: 16 << 20)
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
            connection.onMessage { _ in
                for _ in 0..<128 { #expect(connection.trySend(message) != .dropped) }
            }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            try await peer.send(.text("go"), .close(1000))
            await peer.endSending()
            for _ in 0..<128 { #expect(try await peer.receive().payload.count == 64 << 10) }
            #expect(try await peer.receive() == .close(1000))
            try await closes.wait { $0.count == 1 }
            #expect(closes.value.first?.isClean == true)
        }
    }

    @Test func `a failure that is due is told although the peer's close came in the same read`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        try await withServer(onConnection: { connection in
            connection.onClose { closes.append($0) }
        }) { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(RawFrame(.text, [0xFF]), .close(1000))
            #expect(try await peer.receive() == .close(1007, "text message is not UTF-8"))
            #expect(try await peer.readToEnd() == [])
            try await closes.wait { $0.count == 1 }
            #expect(closes.value.first?.code == .invalidPayload)
        }
    }

    @Test func `a ping behind a message that fails the connection is not answered`() async throws {
        try await withServer { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("one"), RawFrame(.text, reserved: 2, []), RawFrame(.ping, [1]))
            #expect(try await peer.receive() == .text("one"))
            #expect(try await peer.receive() == .close(1002, "reserved bits are set"))
            try await peer.send(.close(1002))
            #expect(try await peer.readToEnd() == [])
        }
    }

    @Test func `a client's farewell arrives although the server's close crosses it`() async throws {
        try await withRawServer { client, server in
            async let closed = client.close(code: .init(rawValue: 4_001))
            let frame = try await server.receive()
            #expect(frame.closeCode == 4_001)
            try await server.send(.close(1001))
            let close = await closed
            #expect(close.code.rawValue == 4_001 && close.isClean && close.initiator == .local)
        }
    }

    @Test func `an end without a close frame of ours having left is not clean`() async throws {
        let closes = Watched<[WebSocketClose]>([])
        let message = WebSocketMessage.binary(Array(repeating: 1, count: 64 << 10))
        try await withServer {
            $0.limits.outbound = .init(lowBytes: 1 << 20, highBytes: 16 << 20)
        } onConnection: { connection in
            connection.onClose { closes.append($0) }
            connection.onMessage { _ in for _ in 0..<200 { _ = connection.trySend(message) } }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, receiveBuffer: 16 << 10)
            try await peer.send(.text("go"), .close(1000))
            #expect(try await peer.receive().opcode == .binary)
            await peer.reset()
            try await closes.wait { $0.count == 1 }
            #expect(closes.value.first?.isClean == false && closes.value.first?.initiator == .peer)
        }
    }
}
