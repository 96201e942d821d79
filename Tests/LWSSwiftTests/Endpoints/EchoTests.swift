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

    @Test func `a client and a server exchange messages of every size`() async throws {
        try await withServer { server in
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
