import TestSupport
import Testing

@testable import LWSSwift

/// Messages of unknown length, as raw peers see them.
@Suite(.timeLimit(.minutes(1))) struct StreamedSendTests {
    private struct Fault: Error {}

    /// The pieces of a text that a test gives one after the other.
    private typealias Texts = (
        stream: AsyncThrowingStream<String, any Error>, end: AsyncThrowingStream<String, any Error>.Continuation
    )

    private func texts() -> Texts {
        let (stream, end) = AsyncThrowingStream.makeStream(of: String.self)
        return (stream, end)
    }

    /// Begins a text, of which the peer has got the first piece.
    private func begin(
        _ connection: WebSocketConnection,
        _ peer: RawPeer
    ) async throws -> (end: AsyncThrowingStream<String, any Error>.Continuation, sender: Task<Void, any Error>) {
        let (stream, end) = texts()
        let sender = Task { try await connection.send(text: stream) }
        end.yield("a")
        #expect(try await peer.receive() == .text("a", isFinal: false))
        return (end, sender)
    }

    // MARK: Fragments

    @Test(arguments: [WebSocketRole.server, .client])
    func `pieces go out as the fragments of one message`(role: WebSocketRole) async throws {
        let body = { (connection: WebSocketConnection, peer: RawPeer) in
            let (end, sender) = try await begin(connection, peer)
            // It goes out although the message has no end yet.
            end.yield("é")
            #expect(try await peer.receive() == .continuation("é", isFinal: false))
            end.yield("")
            end.yield("c")
            #expect(try await peer.receive() == .continuation("c", isFinal: false))
            end.finish()
            #expect(try await peer.receive() == .continuation(""))
            try await sender.value
            try await connection.send("next")
            #expect(try await peer.receive() == .text("next"))
        }
        switch role {
        case .server: try await withRawClient { try await body($0, $1) }
        case .client:
            try await withRawServer { client, server in
                try await body(client, server)
                // The end of the loop would wait for an answer to the close frame.
                await server.end()
            }
        }
    }

    @Test func `no pieces are an empty message`() async throws {
        try await withRawClient { connection, peer in
            try await connection.send(binary: CountedPieces(count: 0, piece: []))
            try await connection.send(text: AsyncStream<String>(unfolding: { nil }))
            #expect(try await peer.receive() == RawFrame(.binary))
            #expect(try await peer.receive() == .text(""))
        }
    }

    @Test func `a large piece is cut into fragments`() async throws {
        try await withRawClient { connection, peer in
            let piece = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
            async let sent: Void = connection.send(binary: CountedPieces(count: 2, piece: piece))
            #expect(try await peer.message() == .binary(piece + piece))
            try await sent
        }
    }

    @Test func `it is not compressed`() async throws {
        try await withRawClient(fields: ["Sec-WebSocket-Extensions: permessage-deflate"]) {
            $0.compression = .init(minimumBytes: 0)
        } _: { connection, peer in
            let piece = [UInt8](repeating: 1, count: 1_000)
            try await connection.send(binary: CountedPieces(count: 1, piece: piece))
            #expect(try await peer.receive() == RawFrame(.binary, isFinal: false, piece))
            #expect(try await peer.receive() == RawFrame(.continuation))
        }
    }

    @Test func `on the loop it changes no thread`() async throws {
        try await withRawClient { connection, peer in
            let loop = connection.loop
            let answers = Watched<[Bool]>([])
            let pieces = AsyncStream<String>(unfolding: {
                guard answers.value.count < 3 else { return nil }
                answers.append(loop.isCurrent)
                return "."
            })
            try await Task(executorPreference: loop.taskExecutor) { try await connection.send(text: pieces) }.value
            #expect(answers.value == [true, true, true])
            #expect(try await peer.message() == "...")
        }
    }

    // MARK: Order

    @Test func `what others send waits for its end, in order, and pongs do not`() async throws {
        try await withRawClient { connection, peer in
            let (end, sender) = try await begin(connection, peer)
            let loop = connection.loop
            let begun = Watched(0)
            // Each begins to wait after the one before it, since all run on the loop.
            let waiting = ["first", "second"].map { text in
                Task(executorPreference: loop.taskExecutor) {
                    begun.update { $0 += 1 }
                    try await connection.send(.text(text))
                }
            }
            let streaming = Task(executorPreference: loop.taskExecutor) {
                begun.update { $0 += 1 }
                try await connection.send(binary: CountedPieces(count: 2, piece: [7]))
            }
            let last = Task(executorPreference: loop.taskExecutor) {
                begun.update { $0 += 1 }
                try await connection.send("last")
            }
            try await begun.wait { $0 == 4 }
            #expect(try await loop.run { connection.onLoop.trySend("behind") } == .queued)
            try await peer.send(RawFrame(.ping, [1]))
            #expect(try await peer.receive() == RawFrame(.pong, [1]))
            end.yield("b")
            #expect(try await peer.receive() == .continuation("b", isFinal: false))
            end.finish()
            #expect(try await peer.receive() == .continuation(""))
            try await sender.value
            #expect(try await peer.messages(5) == ["behind", "first", "second", .binary([7, 7]), "last"])
            for task in waiting + [streaming, last] { try await task.value }
        }
    }

    @Test func `nobody waits for a message of which there is nothing yet`() async throws {
        try await withRawClient { connection, peer in
            let (stream, end) = texts()
            let sender = Task { try await connection.send(text: stream) }
            for number in 0..<10 { try await connection.send(.text("\(number)")) }
            #expect(try await peer.texts(10) == (0..<10).map { "\($0)" })
            end.yield("a")
            end.finish()
            #expect(try await peer.message() == "a")
            try await sender.value
        }
    }

    // MARK: Groups

    @Test func `a group's messages come before or behind it, never between its fragments`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let (streaming, other) = (try await fixture.connect(), try await fixture.connect())
            try await fixture.loop.run { _ = group.trySend("before") }
            #expect(try await streaming.raw.message() == "before")
            let (end, sender) = try await begin(streaming.webSocket, streaming.raw)
            for number in 0..<20 {
                try await fixture.loop.run { _ = group.trySend(.text("\(number)")) }
                // It has been written to everybody by then.
                #expect(try await other.raw.texts(number == 0 ? 2 : 1).last == "\(number)")
                end.yield("\(number)")
                #expect(try await streaming.raw.receive() == .continuation("\(number)", isFinal: false))
            }
            try await streaming.loop.run { _ = streaming.connection.trySend("direct") }
            try await fixture.loop.run { _ = group.trySend("after") }
            end.finish()
            try await sender.value
            #expect(try await streaming.raw.receive() == .continuation(""))
            #expect(try await streaming.raw.texts(22) == (0..<20).map { "\($0)" } + ["direct", "after"])
            try await fixture.loop.run { _ = group.trySend("ready again") }
            #expect(try await streaming.raw.message() == "ready again")
            try await fixture.waitUntilNothingIsHeld()
        }
    }

    @Test func `who joins or leaves a group in the middle of it is not written to either`() async throws {
        try await withGroup { fixture in
            let group = fixture.group
            let streaming = try await fixture.connect()
            let (end, sender) = try await begin(streaming.webSocket, streaming.raw)
            try await fixture.loop.run { _ = group.trySend("unsent") }
            try await fixture.loop.run { streaming.member.leave() }
            let member = try await fixture.loop.run { group.join(streaming.connection) }
            try await fixture.loop.run { _ = group.trySend("joined") }
            end.yield("b")
            end.finish()
            try await sender.value
            #expect(try await streaming.raw.receive() == .continuation("b", isFinal: false))
            #expect(try await streaming.raw.receive() == .continuation(""))
            #expect(try await streaming.raw.message() == "joined")
            try await fixture.loop.run { member.leave() }
            try await streaming.expectNothingMore()
        }
    }

    @Test func `a member that streams for too long is closed as any that is too far behind`() async throws {
        var configuration = BroadcastGroup.Configuration()
        configuration.slowMembers.maximumTimeBehind = .milliseconds(200)
        try await withGroup(configuration) { fixture in
            let streaming = try await fixture.connect()
            let (_, sender) = try await begin(streaming.webSocket, streaming.raw)
            try await fixture.loop.run { _ = fixture.group.trySend("waits") }
            let close = try await streaming.raw.receive()
            #expect(close.closeCode == 1008)
            try await streaming.raw.send(close)
            sender.cancel()
            await #expect(throws: (any Error).self) { try await sender.value }
        }
    }

    // MARK: Back-pressure

    @Test func `a slow reader slows the sequence down, and memory stays bounded`() async throws {
        try await withRawClient(receiveBuffer: 32_768) {
            $0.limits.outbound = .init(lowBytes: 50_000, highBytes: 200_000)
        } _: { connection, peer in
            let piece = [UInt8](repeating: 5, count: 50_000)
            let pieces = CountedPieces(count: 1_000, piece: piece)
            let sender = Task { try await connection.send(binary: pieces) }
            // More is asked for when something has left, and no more than the queue and the system's buffers take.
            for received in 0..<1_000 {
                let frame = try await peer.receive()
                #expect(frame.payload.count == 50_000 && !frame.isFinal)
                #expect(pieces.asked.value - received < 200)
                let queued = try await connection.loop.run { connection.onLoop.queuedBytes }
                #expect(queued <= 200_000 + (64 << 10) + 100)
            }
            #expect(try await peer.receive() == RawFrame(.continuation))
            try await sender.value
        }
    }

    @Test func `what fills the queue behind it does not hold it up`() async throws {
        try await withRawClient(receiveBuffer: 32_768) {
            $0.limits.outbound = .init(lowBytes: 50_000, highBytes: 200_000)
            $0.limits.maximumQueuedBytes = 1_000_000
        } _: { connection, peer in
            let (end, sender) = try await begin(connection, peer)
            let filler = WebSocketMessage.binary(Array(repeating: 9, count: 10_000))
            let count = try await connection.loop.run {
                var count = 0
                while connection.onLoop.trySend(filler) != .dropped { count += 1 }
                return count
            }
            #expect(count >= 99)
            let text = String(repeating: "b", count: 300_000)
            end.yield(text)
            end.yield(text)
            end.finish()
            var received = 0
            while true {
                let frame = try await peer.receive()
                #expect(frame.opcode == .continuation)
                received += frame.payload.count
                if frame.isFinal { break }
            }
            #expect(received == 600_000)
            try await sender.value
            #expect(try await peer.messages(count) == Array(repeating: filler, count: count))
        }
    }

    // MARK: Ends

    @Test func `an error of the sequence closes with 1011 rather than cut the message`() async throws {
        try await withRawClient { connection, peer in
            let (end, sender) = try await begin(connection, peer)
            end.finish(throwing: Fault())
            await #expect(throws: Fault.self) { try await sender.value }
            #expect(try await peer.receive() == .close(1011, "message was not completed"))
            try await peer.send(.close(1011))
            #expect(await connection.waitUntilClosed().code == .internalError)
        }
    }

    @Test func `an error before the first piece is only thrown`() async throws {
        try await withRawClient { connection, peer in
            let (stream, end) = texts()
            end.finish(throwing: Fault())
            await #expect(throws: Fault.self) { try await connection.send(text: stream) }
            try await connection.send("goes on")
            #expect(try await peer.receive() == .text("goes on"))
        }
    }

    /// A stream ends when its task is cancelled, and does not throw: what was sent is not the whole message.
    @Test func `a task that is cancelled in the middle closes with 1011`() async throws {
        try await withRawClient { connection, peer in
            let (_, sender) = try await begin(connection, peer)
            sender.cancel()
            await #expect { try await sender.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            #expect(try await peer.receive() == .close(1011, "message was not completed"))
        }
    }

    @Test func `a task that is cancelled while it waits for room closes with 1011 too`() async throws {
        try await withRawClient(receiveBuffer: 32_768) {
            $0.limits.outbound = .init(lowBytes: 50_000, highBytes: 200_000)
        } _: { connection, peer in
            let pieces = CountedPieces(count: .max, piece: Array(repeating: 5, count: 50_000))
            let sender = Task { try await connection.send(binary: pieces) }
            try await pieces.asked.wait { $0 > 8 }
            sender.cancel()
            await #expect { try await sender.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            var frame = try await peer.receive()
            while frame.opcode != .close {
                #expect(!frame.isFinal)
                frame = try await peer.receive()
            }
            #expect(frame.closeCode == 1011)
        }
    }

    @Test func `a close in the middle goes out right behind the last fragment`() async throws {
        try await withRawClient { connection, peer in
            let (end, sender) = try await begin(connection, peer)
            let parked = Task(executorPreference: connection.loop.taskExecutor) { try await connection.send("parked") }
            try await connection.loop.run {
                #expect(connection.onLoop.trySend("behind") == .queued)
                connection.onLoop.close(code: .init(rawValue: 4_000))
            }
            #expect(try await peer.receive() == .close(4_000))
            end.yield("b")
            for sender in [sender, parked] {
                await #expect { try await sender.value } throws: { ($0 as? WebSocketError)?.code == .closed }
            }
            try await peer.send(.close(4_000))
            #expect(try await peer.readToEnd() == [])
            #expect(await connection.waitUntilClosed().isClean)
        }
    }

    @Test func `a peer's close in the middle is answered right behind the last fragment`() async throws {
        try await withRawClient(receiveBuffer: 32_768) {
            $0.limits.outbound = .init(lowBytes: 50_000, highBytes: 200_000)
        } _: { connection, peer in
            let pieces = CountedPieces(count: .max, piece: Array(repeating: 5, count: 50_000))
            let sender = Task { try await connection.send(binary: pieces) }
            try await pieces.asked.wait { $0 > 8 }
            try await peer.send(.close(1000))
            var frame = try await peer.receive()
            while frame.opcode != .close {
                #expect(!frame.isFinal)
                frame = try await peer.receive()
            }
            #expect(frame == .close(1000))
            await #expect { try await sender.value } throws: { ($0 as? WebSocketError)?.code == .closed }
            #expect(await connection.waitUntilClosed().isClean)
        }
    }

    @Test func `a member that closes in the middle of it gets nothing more of its group`() async throws {
        try await withGroup { fixture in
            let streaming = try await fixture.connect()
            let (_, sender) = try await begin(streaming.webSocket, streaming.raw)
            try await fixture.loop.run {
                fixture.group.trySend("never sent")
                streaming.connection.close()
            }
            #expect(try await streaming.raw.receive() == .close(1000))
            try await streaming.raw.send(.close(1000))
            #expect(try await streaming.raw.readToEnd() == [])
            sender.cancel()
            await #expect(throws: (any Error).self) { try await sender.value }
            try await fixture.waitForMembers(0)
        }
    }

    @Test func `nothing can be streamed on a closed connection`() async throws {
        try await withRawClient { connection, peer in
            async let closed = connection.close()
            #expect(try await peer.receive() == .close(1000))
            try await peer.send(.close(1000))
            _ = await closed
            let pieces = CountedPieces(count: .max, piece: [1])
            await #expect {
                try await connection.send(binary: pieces)
            } throws: {
                ($0 as? WebSocketError)?.code == .closed
            }
            #expect(pieces.asked.value == 1)
        }
    }
}
