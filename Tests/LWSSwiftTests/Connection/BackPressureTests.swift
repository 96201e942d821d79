import LWSSwift
import TestSupport
import Testing

/// A side that takes messages slowly slows the other side down, and memory stays within the limits.
@Suite(.timeLimit(.minutes(1))) struct BackPressureTests {
    private static let chunk = WebSocketMessage.binary(Array(repeating: 7, count: 60_000))

    /// A server whose first connection is handed out, and a peer that does not read.
    private func withSilentReader(
        _ limits: (inout ConnectionLimits) -> Void = { _ in },
        _ body: (WebSocketConnection, RawPeer) async throws -> Void
    ) async throws {
        let opened = Watched<WebSocketConnection?>(nil)
        try await withServer {
            limits(&$0.limits)
        } onConnection: { connection in
            let handle = connection.connection
            opened.update { $0 = handle }
        } _: { server in
            let peer = try RawPeer(port: server.port!, receiveBuffer: 32_768)
            try await peer.write(RawRequest().bytes)
            _ = try await peer.readHead()
            try await opened.wait { $0 != nil }
            try await body(opened.value!, peer)
        }
    }

    @Test func `trying to send answers queued, above the mark, dropped`() async throws {
        try await withSilentReader {
            $0.outbound = .init(lowBytes: 100_000, highBytes: 500_000)
            $0.maximumQueuedBytes = 1_000_000
        } _: { connection, peer in
            let results = try await connection.loop.run {
                var results: [LoopConnection.SendResult] = []
                while results.last != .dropped { results.append(connection.onLoop.trySend(Self.chunk)) }
                precondition(connection.onLoop.queuedBytes <= 1_000_000)
                return results
            }
            #expect(results.count(where: { $0 == .queued }) == 8)
            #expect(results.count(where: { $0 == .aboveHighWaterMark }) == 8)
        }
    }

    @Test func `a sender waits above the high mark and goes on below the low one`() async throws {
        try await withSilentReader {
            $0.outbound = .init(lowBytes: 100_000, highBytes: 500_000)
        } _: { connection, peer in
            let sent = Watched(0)
            let sender = Task {
                for _ in 0..<400 {
                    try await connection.send(Self.chunk)
                    sent.update { $0 += 1 }
                }
            }
            try await sent.wait { $0 >= 8 }
            // What the system's buffers take is less than all: the sender has to wait while nobody reads.
            var received = 0
            while received < 400 {
                #expect(try await peer.receive().payload.count == 60_000)
                received += 1
                let ahead = sent.value - received
                #expect(ahead < 200, "the queue and the system's buffers hold no more")
            }
            try await sender.value
        }
    }

    @Test func `senders that wait keep their order, and nothing is sent twice`() async throws {
        try await withSilentReader {
            $0.outbound = .init(lowBytes: 50_000, highBytes: 100_000)
            $0.maximumQueuedBytes = 10_000_000
            $0.maximumMessageBytes = 10_000_000
        } _: { connection, peer in
            let connection = connection
            // One that waits for room, one larger than what is free, and small ones behind it that would fit.
            let sizes = [9_000_000, 9_500_000, 10, 20, 9_000_000, 30]
            let loop = connection.loop
            let parked = Watched(0)
            let tasks = sizes.map { size in
                Task(executorPreference: loop.taskExecutor) {
                    parked.update { $0 += 1 }
                    try await connection.send(.binary(Array(repeating: 1, count: size)))
                }
            }
            try await parked.wait { $0 == sizes.count }
            var received: [Int] = []
            var size = 0
            while received.count < sizes.count {
                let frame = try await peer.receive()
                size += frame.payload.count
                guard frame.isFinal else { continue }
                received.append(size)
                size = 0
            }
            for task in tasks { try await task.value }
            #expect(received == sizes)
            try await peer.send(.close(1000))
            #expect(try await peer.receive().closeCode == 1000, "nothing follows the last message")
        }
    }

    @Test func `a sender that waits can be cancelled, and its message is not sent`() async throws {
        try await withSilentReader {
            $0.outbound = .init(lowBytes: 0, highBytes: 100_000)
            // The close frame stands behind all that is queued.
            $0.closeTimeout = .seconds(30)
        } _: { connection, peer in
            // Fills the queue far above what the system's buffers take.
            try await connection.loop.run {
                while connection.onLoop.queuedBytes < 12_000_000 { _ = connection.onLoop.trySend(Self.chunk) }
            }
            let task = Task { try await connection.send("too late") }
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            connection.loop.execute { connection.onLoop.close() }
            var frame = try await peer.receive()
            while frame.opcode != .close {
                #expect(frame != .text("too late"))
                frame = try await peer.receive()
            }
        }
    }

    @Test func `a message larger than the queue may ever be is refused`() async throws {
        try await withSilentReader {
            $0.outbound = .init(lowBytes: 0, highBytes: 1_000)
            $0.maximumQueuedBytes = 10_000
        } _: { connection, _ in
            await #expect { try await connection.send(Self.chunk) } throws: {
                ($0 as? WebSocketError)?.code == .messageTooBig
            }
        }
    }

    @Test func `being writable again is told once, below the low mark`() async throws {
        try await withSilentReader {
            $0.outbound = .init(lowBytes: 100_000, highBytes: 500_000)
        } _: { connection, peer in
            let calls = Watched<[Int]>([])
            let count = try await connection.loop.run {
                connection.onLoop.onWritable { calls.append(connection.onLoop.queuedBytes) }
                var count = 0
                while connection.onLoop.queuedBytes < 12_000_000 {
                    _ = connection.onLoop.trySend(Self.chunk)
                    count += 1
                }
                return count
            }
            for _ in 0..<count { _ = try await peer.receive() }
            try await calls.wait { !$0.isEmpty }
            #expect(calls.value.count == 1)
            #expect(calls.value[0] <= 100_000)
        }
    }

    @Test func `a peer cannot send more than the inbox and the system's buffers take while nobody reads`() async throws
    {
        try await withSilentReader { limits in
            limits.inbound = .init(lowBytes: 10_000, highBytes: 50_000)
        } _: { connection, peer in
            // Reading begins with the first call and stops at the high mark.
            var messages = connection.messages.makeAsyncIterator()
            let frame = RawFrame(.binary, Array(repeating: 5, count: 10_000)).encoded(masked: true)
            let flood = Task { for _ in 0..<2_000 { try await peer.write(frame) } }
            for _ in 0..<2_000 { #expect(try await messages.next()?.bytes.count == 10_000) }
            try await flood.value
        }
    }

    @Test func `reading that was paused holds messages back until it is resumed`() async throws {
        try await withSilentReader { _ in
        } _: { connection, peer in
            let received = Watched<[WebSocketMessage]>([])
            try await connection.loop.run {
                connection.onLoop.onMessage { received.append($0) }
                connection.onLoop.pauseReading()
            }
            try await peer.send(.text("held"))
            // A dozen turns of the loop would have brought it.
            for _ in 0..<12 { try await connection.loop.run {} }
            #expect(received.value.isEmpty)
            connection.loop.execute { connection.onLoop.resumeReading() }
            try await received.wait { $0 == ["held"] }
        }
    }

    @Test func `messages that came before the closure are handed over first`() async throws {
        try await withSilentReader { _ in
        } _: { connection, peer in
            try await peer.send(.text("one"), .text("two"), RawFrame(.ping, [1]))
            // The pong tells that both were received.
            #expect(try await peer.receive() == RawFrame(.pong, [1]))
            let received = Watched<[WebSocketMessage]>([])
            try await connection.loop.run { connection.onLoop.onMessage { received.append($0) } }
            #expect(received.value == ["one", "two"])
        }
    }

    @Test func `a task that is cancelled while it waits for a message loses none`() async throws {
        try await withSilentReader { _ in
        } _: { connection, peer in
            for number in 0..<100 {
                let task = Task {
                    var messages = connection.messages.makeAsyncIterator()
                    return try await messages.next()
                }
                async let sent: Void = peer.send(.text("\(number)"))
                task.cancel()
                try await sent
                let taken: WebSocketMessage?
                do {
                    taken = try await task.value
                } catch {
                    #expect((error as? WebSocketError)?.code == .cancelled)
                    var messages = connection.messages.makeAsyncIterator()
                    taken = try await messages.next()
                }
                #expect(taken == .text("\(number)"))
            }
        }
    }

    @Test func `the stream of messages pulls, and ends with the connection`() async throws {
        try await withSilentReader { limits in
            limits.inbound = .init(lowBytes: 100, highBytes: 200)
        } _: { connection, peer in
            let frames = (0..<500).map { RawFrame.text("message \($0)").encoded(masked: true) }.flatMap { $0 }
            async let sent: Void = peer.write(frames + RawFrame.close(1000).encoded(masked: true))
            var received: [WebSocketMessage] = []
            for await message in connection.messageStream { received.append(message) }
            try await sent
            #expect(received == (0..<500).map { .text("message \($0)") })
        }
    }
}
