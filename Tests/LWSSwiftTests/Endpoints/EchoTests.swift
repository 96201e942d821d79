import LWSSwift
import TestSupport
import Testing

/// Messages there and back, through both faces and in both roles.
@Suite(.timeLimit(.minutes(1))) struct EchoTests {
    @Test func `a server with closures sends a raw peer's messages back`() async throws {
        try await withServer { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("hello"), RawFrame(.binary, [0, 255]))
            #expect(try await peer.receive() == .text("hello"))
            #expect(try await peer.receive() == RawFrame(.binary, [0, 255]))
            try await peer.close()
        }
    }

    @Test func `a message that is lent is sent back, and one that is kept is whole later`() async throws {
        let kept = Watched<[WebSocketMessage]>([])
        let onConnection: @Sendable (LoopConnection) -> Void = { connection in
            connection.onBorrowedMessage { message in
                kept.append(message.message)
                _ = connection.trySend(message)
            }
        }
        // Each is read in one piece, and the next one to the same memory.
        let messages: [WebSocketMessage] = ["first", "other", .binary([0, 255]), ""]
        try await withServer(onConnection: onConnection) { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            for message in messages {
                try await peer.send(RawFrame(message.kind == .text ? .text : .binary, message.bytes))
                #expect(try await peer.receive().payload == message.bytes)
            }
            try await peer.close()
        }
        #expect(kept.value == messages)
    }

    @Test(arguments: [false, true])
    func `a client and a server exchange messages of every size`(isBorrowed: Bool) async throws {
        let onConnection: @Sendable (LoopConnection) -> Void = { connection in
            if isBorrowed {
                connection.onBorrowedMessage { message in _ = connection.trySend(message) }
            } else {
                connection.onMessage { message in _ = connection.trySend(message) }
            }
        }
        try await withServer(onConnection: onConnection) { server in
            try await WebSocketClient.connect(to: server.url) { connection in
                var answers = connection.messages.makeAsyncIterator()
                for size in [0, 1, 125, 126, 127, 1_023, 1_024, 1_040, 65_535, 65_536, 200_000, 1 << 20] {
                    let message = WebSocketMessage.binary((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                    try await connection.send(message)
                    #expect(try await answers.next() == message)
                }
            }
        }
    }
}
