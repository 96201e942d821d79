import TestSupport
import Testing

@testable import LWSSwift

/// Messages that are read in pieces, sent by raw peers.
@Suite(.timeLimit(.minutes(1))) struct PiecesTests {
    /// Asks for pieces where it holds at once: on the loop.
    private func pieces(of connection: WebSocketConnection) async throws -> WebSocketPieces.Iterator {
        try await connection.loop.run { connection.pieces }.makeAsyncIterator()
    }

    /// Reads pieces to the end of a message.
    private func message(
        _ pieces: inout WebSocketPieces.Iterator
    ) async throws -> (kind: WebSocketMessage.Kind, bytes: [UInt8], count: Int)? {
        var bytes: [UInt8] = []
        var count = 0
        while let piece = try await pieces.next() {
            #expect(piece.isFirst == (count == 0))
            count += 1
            bytes += piece.bytes
            if piece.isFinal { return (piece.kind, bytes, count) }
        }
        return nil
    }

    @Test(arguments: [WebSocketRole.server, .client])
    func `pieces come before the message has ended`(role: WebSocketRole) async throws {
        let body = { (connection: WebSocketConnection, peer: RawPeer) in
            var pieces = try await pieces(of: connection)
            try await peer.send(.text("a", isFinal: false))
            let first = try await pieces.next()
            #expect(first?.text == "a" && first?.isFirst == true && first?.isFinal == false)
            try await peer.send(RawFrame(.ping, [1]), .continuation("b"))
            #expect(try await peer.receive() == RawFrame(.pong, [1]))
            let last = try await pieces.next()
            #expect(last?.text == "b" && last?.isFirst == false && last?.isFinal == true)
            try await peer.send(RawFrame(.binary, [1, 2]))
            let whole = try await pieces.next()
            #expect(whole?.bytes == [1, 2] && whole?.kind == .binary && whole?.text == nil)
            #expect(whole?.isFirst == true && whole?.isFinal == true)
            try await peer.send(.close(1000))
            #expect(try await pieces.next() == nil)
        }
        switch role {
        case .server: try await withRawClient { try await body($0, $1) }
        case .client: try await withRawServer { try await body($0, $1) }
        }
    }

    @Test func `a message may be longer than messages that are put together`() async throws {
        try await withRawClient {
            $0.limits.maximumMessageBytes = 1_000
        } _: { connection, peer in
            var pieces = try await pieces(of: connection)
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
            async let sent: Void = peer.send(RawFrame(.binary, bytes), .text("next"))
            let message = try await message(&pieces)
            try await sent
            #expect(message?.bytes == bytes)
            #expect(message?.count ?? 0 >= 3_000_000 / (32 << 10))
            #expect(try await pieces.next()?.text == "next")
        }
    }

    @Test func `a text is cut between characters, wherever its bytes are cut`() async throws {
        try await withRawClient { connection, peer in
            let text = "aé€😀"
            let received = Watched<[MessagePiece]>([])
            try await connection.loop.run { connection.onLoop.onPiece { received.append($0) } }
            let frame = RawFrame(.text, Array(text.utf8)).encoded(masked: true)
            await peer.writeEachByte(of: frame.dropLast(), then: frame.suffix(1))
            try await received.wait { $0.last?.isFinal == true }
            #expect(received.value.compactMap(\.text).joined() == text)
            #expect(received.value.allSatisfy { UTF8Validation.isValid($0.bytes) })
        }
    }

    @Test func `a text that cannot become UTF-8 any more closes with 1007 before its end`() async throws {
        try await withRawClient { connection, peer in
            var pieces = try await pieces(of: connection)
            try await peer.send(.text("a", isFinal: false))
            #expect(try await pieces.next()?.text == "a")
            try await peer.send(RawFrame(.continuation, isFinal: false, [0xF4]))
            try await peer.send(RawFrame(.continuation, isFinal: false, [0x90]))
            #expect(try await peer.receive() == .close(1007, "text message is not UTF-8"))
            try await peer.send(.close(1007))
            await #expect { try await pieces.next() } throws: {
                ($0 as? WebSocketError)?.close?.code == .invalidPayload
            }
        }
    }

    @Test func `a peer cannot send more of a message than is kept while nobody reads`() async throws {
        try await withRawClient {
            $0.limits.inbound = .init(lowBytes: 50_000, highBytes: 100_000)
        } _: { connection, peer in
            var pieces = try await pieces(of: connection)
            let zeros = [UInt8](repeating: 0, count: 16_384)
            try await peer.write(RawFrame(.binary, zeros).encoded(masked: true, announcing: 1 << 40))
            var received = try await pieces.next()?.bytes.count ?? 0
            var sent = zeros.count
            try await eventually("reading stops") {
                sent += await peer.writeUntilFull(zeros)
                return try await connection.loop.run { connection.core.pauses == .inboxIsFull }
            }
            sent += await peer.writeUntilFull(zeros)
            #expect(sent < 20_000_000, "the queue and the system's buffers take no more")
            while received < sent { received += try await pieces.next()?.bytes.count ?? sent }
            #expect(received == sent)
        }
    }

    @Test func `a compressed message comes whole`() async throws {
        try await withRawClient(fields: ["Sec-WebSocket-Extensions: permessage-deflate"]) {
            $0.compression = .init()
        } _: { connection, peer in
            var pieces = try await pieces(of: connection)
            // RFC 7692 section 7.2.3.1.
            try await peer.send(
                RawFrame(.text, isFinal: false, reserved: 4, [0xF2, 0x48, 0xCD]),
                RawFrame(.continuation, [0xC9, 0xC9, 0x07, 0x00]),
                .text("a", isFinal: false)
            )
            let hello = try await pieces.next()
            #expect(hello?.text == "Hello" && hello?.isFirst == true && hello?.isFinal == true)
            let plain = try await pieces.next()
            #expect(plain?.text == "a" && plain?.isFinal == false)
        }
    }

    @Test func `what came before pieces were asked for comes whole, and first`() async throws {
        try await withRawClient { connection, peer in
            try await peer.send(.text("one"), .text("t", isFinal: false), RawFrame(.ping))
            #expect(try await peer.receive() == RawFrame(.pong))
            let received = Watched<[MessagePiece]>([])
            try await connection.loop.run { connection.onLoop.onPiece { received.append($0) } }
            #expect(received.value.map(\.text) == ["one"])
            try await peer.send(.continuation("wo"), .text("thr", isFinal: false))
            try await received.wait { $0.count == 3 }
            #expect(received.value.map(\.text) == ["one", "two", "thr"])
            #expect(received.value.map(\.isFinal) == [true, true, false])
        }
    }

    @Test func `a closure that is taken away leaves the pieces to the sequence`() async throws {
        try await withRawClient { connection, peer in
            let received = Watched<[MessagePiece]>([])
            try await connection.loop.run { connection.onLoop.onPiece { received.append($0) } }
            try await peer.send(.text("a", isFinal: false))
            try await received.wait { $0.count == 1 }
            try await connection.loop.run { connection.onLoop.onPiece(nil) }
            try await peer.send(.continuation("b"))
            var pieces = try await pieces(of: connection)
            #expect(try await pieces.next()?.text == "b")
        }
    }

    @Test func `the end of the connection cuts a message off, without a last piece`() async throws {
        try await withRawClient { connection, peer in
            var pieces = try await pieces(of: connection)
            try await peer.send(.text("a", isFinal: false), .close(1000))
            #expect(try await pieces.next()?.isFinal == false)
            #expect(try await pieces.next() == nil)
        }
    }

    @Test func `a streamed message can be read in pieces`() async throws {
        try await withBothEnds { server, client in
            var pieces = try await pieces(of: client)
            let piece = [UInt8](repeating: 3, count: 100_000)
            async let sent: Void = server.send(binary: CountedPieces(count: 100, piece: piece))
            #expect(try await message(&pieces)?.bytes.count == 10_000_000)
            try await sent
        }
    }

    @Test func `reading whole messages as well traps`() async throws {
        await #expect(processExitsWith: .failure) {
            try await withServer(onConnection: { connection in
                connection.onPiece { _ in }
                connection.onMessage { _ in }
            }) { server in
                try await WebSocketClient.connect(to: server.url) { connection in
                    for try await _ in connection.messages {}
                }
            }
        }
    }
}
