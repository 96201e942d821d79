import HTTPTypes
import TestSupport
import Testing

@testable import LWSSwift

/// Compression from the opening handshake to the message, in both roles.
@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
    private static let text = String(repeating: "{\"type\":\"message\",\"text\":\"hello\"}", count: 100)

    private func inflate(_ frames: [RawFrame]) throws -> String {
        let payload = frames.flatMap(\.payload)
        let bytes = try unsafe payload.withUnsafeBytes { unsafe try Inflater().inflate($0, maximumBytes: 10 << 20) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A client that takes compressed messages.
    private func compressingPeer(_ server: WebSocketServer) async throws -> RawPeer {
        try await RawPeer.upgraded(port: server.port!, fields: ["Sec-WebSocket-Extensions: permessage-deflate"])
    }

    // MARK: Opening handshake

    /// What a client sends, and the fields of the answer that name extensions.
    static let offers: [([String], [String])] = [
        ([], []),
        (["permessage-bzip2"], []),
        (["permessage-deflate; unknown=1"], []),
        (["permessage-deflate"], [base]),
        (["permessage-deflate; client_max_window_bits"], [base]),
        (["permessage-deflate; server_max_window_bits=9"], ["\(base); server_max_window_bits=9"]),
        (
            ["permessage-deflate; x, permessage-deflate; server_max_window_bits=\"10\""],
            ["\(base); server_max_window_bits=10"]
        ),
        (["permessage-deflate, permessage-deflate, permessage-deflate"], [base]),
        (
            ["foo", "permessage-deflate; server_max_window_bits=8", "permessage-deflate"],
            ["\(base); server_max_window_bits=8"]
        ),
        (
            [[String](repeating: "permessage-deflate; client_max_window_bits", count: 8).joined(separator: ", ")],
            [base]
        ),
    ]
    private static let base = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    private func answers(_ fields: [String], _ configure: (inout WebSocketServer.Configuration) -> Void) async throws
        -> [String]
    {
        try await withServer(configure) { server in
            let peer = try RawPeer(port: server.port!)
            let lines = fields.map { "Sec-WebSocket-Extensions: \($0)" }
            try await peer.write(RawRequest(fields: RawRequest.requiredFields + lines).bytes)
            let head = try await peer.readHead()
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            try await peer.send(.text("hello"))
            #expect(try await peer.receive() == .text("hello"))
            let name = "sec-websocket-extensions: "
            return head.split(separator: "\r\n").filter { $0.lowercased().hasPrefix(name) }.map {
                String($0.dropFirst(name.count))
            }
        }
    }

    @Test(arguments: offers)
    func `a server answers with what it keeps of the offers, in one field`(fields: [String], expected: [String])
        async throws
    {
        #expect(try await answers(fields) { _ in } == expected)
    }

    @Test func `a server's answer keeps its other fields beside the extension`() async throws {
        try await withServer {
            $0.handshake = { _ in .accept(subprotocol: "b", headerFields: [.cookie: "x=y"]) }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            let fields = ["Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Extensions: permessage-deflate"]
            try await peer.write(RawRequest(fields: RawRequest.requiredFields + fields).bytes)
            let lines = try await peer.readHead().split(separator: "\r\n").dropFirst(4).map(String.init)
            #expect(
                lines.sorted() == [
                    "Cookie: x=y", "Sec-WebSocket-Extensions: \(Self.base)", "Sec-WebSocket-Protocol: b",
                ]
            )
        }
    }

    @Test func `without compression nothing is offered, agreed on, or let in`() async throws {
        #expect(try await answers(["permessage-deflate"]) { $0.compression = nil } == [])
        try await withServer {
            $0.compression = nil
        } _: { server in
            let peer = try await compressingPeer(server)
            try await peer.send(RawFrame(.text, reserved: 4, [0x00]))
            #expect(try await peer.receiveToEnd().last?.closeCode == 1002)
        }
        let listener = try RawListener()
        let answering = Task {
            let peer = try await listener.accept()
            let head = try await peer.readHead()
            #expect(!head.lowercased().contains("sec-websocket-extensions"))
            try await peer.write(RawListener.answer(to: head, fields: ["Sec-WebSocket-Extensions: permessage-deflate"]))
            return peer
        }
        var configuration = WebSocketClient.Configuration.patient
        configuration.compression = nil
        try await withLoop { loop in
            await #expect {
                try await WebSocketClient.connect(to: listener.url, configuration, on: loop)
            } throws: {
                ($0 as? WebSocketError)?.code == .invalidHandshake
            }
            try await answering.value.end()
        }
    }

    /// What a server answers, and the window a client then sends with; nil when it does not connect.
    static let choices: [(String, Int?)] = [
        ("permessage-deflate; server_no_context_takeover", 15),
        ("permessage-deflate;client_max_window_bits=\"11\" ;server_no_context_takeover", 11),
        ("permessage-deflate", 15),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=7", nil),
        ("permessage-deflate; server_no_context_takeover; unknown", nil),
        ("permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover", nil),
        ([String](repeating: "permessage-deflate", count: 200).joined(separator: ", "), nil),
        ("permessage-deflate; server_no_context_takeover; =", nil),
    ]

    @Test(arguments: choices)
    func `a client takes only an answer that keeps its offer`(answer: String, windowBits: Int?) async throws {
        let listener = try RawListener()
        let peer = Task { try await listener.acceptUpgraded(fields: ["Sec-WebSocket-Extensions: \(answer)"]) }
        try await withLoop { loop in
            do throws(WebSocketError) {
                let client = try await WebSocketClient.connect(to: listener.url, .patient, on: loop)
                #expect(client.handshake.compression?.windowBits == windowBits && windowBits != nil)
            } catch {
                #expect(windowBits == nil && error.code == .invalidHandshake, "\(error)")
            }
            try await peer.value.end()
        }
    }

    @Test func `both ends know what was agreed on, and messages of every size come back`() async throws {
        try await withBothEnds { server, client in
            #expect(server.handshake.compression?.windowBits == 15)
            #expect(client.handshake.compression?.windowBits == 15)
            var fromClient = server.messages.makeAsyncIterator()
            var fromServer = client.messages.makeAsyncIterator()
            for count in [0, 1, 255, 256, 1_000, 70_000, 1 << 20] {
                let message = WebSocketMessage.binary((0..<count).map { UInt8(truncatingIfNeeded: $0 / 100) })
                try await client.send(message)
                #expect(try await fromClient.next() == message)
                try await server.send(message)
                #expect(try await fromServer.next() == message)
            }
        }
    }

    // MARK: Messages

    @Test func `only messages of the least size that get shorter are compressed`() async throws {
        let noise = (0..<1_000).map { _ in UInt8.random(in: 0...255) }
        let messages: [WebSocketMessage] = [
            .text(String(Self.text.prefix(255))), .text(String(Self.text.prefix(256))), .binary(noise),
            .text(Self.text),
        ]
        let onConnection: @Sendable (LoopConnection) -> Void = { connection in
            for message in messages { _ = connection.trySend(message) }
        }
        try await withServer(onConnection: onConnection) { server in
            let peer = try await compressingPeer(server)
            var frames: [RawFrame] = []
            for _ in messages { frames.append(try await peer.receive()) }
            #expect(frames.map(\.reserved) == [0, 4, 0, 4])
            #expect(frames[0].payload == messages[0].bytes && frames[2].payload == noise)
            #expect(try inflate([frames[1]]) == messages[1].text)
            #expect(try inflate([frames[3]]) == Self.text && frames[3].payload.count < 200)
        }
    }

    @Test func `the least size and the level are settings, and wrong ones are refused`() async throws {
        try await withServer {
            $0.compression = WebSocketCompression(minimumBytes: 10, level: 9)
        } _: { server in
            let peer = try await compressingPeer(server)
            try await peer.send(.text("aaaaaaaaaa"))
            #expect(try await peer.receive().reserved == 4)
        }
        for wrong in [WebSocketCompression(level: 0), .init(level: 10), .init(minimumBytes: -1)] {
            await #expect {
                try await withServer {
                    $0.compression = wrong
                } _: { _ in
                }
            } throws: {
                ($0 as? WebSocketError)?.code == .invalidConfiguration
            }
            var configuration = WebSocketClient.Configuration.patient
            configuration.compression = wrong
            #expect(throws: WebSocketError.self) { try configuration.validate() }
        }
    }

    @Test func `a large message goes out in fragments, of which the first is marked`() async throws {
        // Digits of random numbers: they shrink to less than half, which is still more than one write.
        let text = (0..<60_000).map { _ in "\(UInt64.random(in: 1_000_000...9_999_999))" }.joined()
        let onConnection: @Sendable (LoopConnection) -> Void = { _ = $0.trySend(.text(text)) }
        try await withServer(onConnection: onConnection) { server in
            let peer = try await compressingPeer(server)
            var frames = [try await peer.receive()]
            while !frames[frames.count - 1].isFinal { frames.append(try await peer.receive()) }
            #expect(frames.count > 1)
            #expect(frames.map(\.reserved) == [4] + [UInt8](repeating: 0, count: frames.count - 1))
            #expect(try inflate(frames) == text)
        }
    }

    /// A peer with a small window gets what was compressed for that window; one for which zlib has none, plain messages.
    @Test(arguments: [(8, false), (9, true), (12, true), (15, true)])
    func `a message is compressed for the window that the peer takes`(windowBits: Int, isCompressed: Bool) async throws
    {
        try await withServer { server in
            let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\(windowBits)"
            let peer = try await RawPeer.upgraded(port: server.port!, fields: [offer])
            // Two halves that are the same, further apart than the small windows reach.
            let half = (0..<1_000).map { _ in "\(UInt8.random(in: 0...255))" }.joined()
            try await peer.send(.text(half + half))
            let frame = try await peer.receive()
            #expect((frame.reserved == 4) == isCompressed)
            if isCompressed {
                #expect(try inflate([frame]) == half + half)
                let isHalved = frame.payload.count < half.utf8.count * 6 / 10
                #expect(isHalved == (windowBits > 11))
            }
        }
    }

    // MARK: Bounds

    @Test func `a bomb ends its own connection with 1009, and the others are served`() async throws {
        let block = try deflate([UInt8](repeating: 0, count: 16 << 20), level: 9)
        try await withServer { server in
            let other = try await compressingPeer(server)
            let bomber = try await compressingPeer(server)
            try await bomber.send(RawFrame(.binary, reserved: 4, block))
            #expect(try await bomber.receiveToEnd().map(\.closeCode) == [1009])
            try await other.send(.text("hello"))
            #expect(try await other.receive() == .text("hello"))
        }
    }

    @Test func `messages under way on many connections do not disturb each other`() async throws {
        let message = (0..<2_000).map { "\($0 % 77)" }.joined()
        let payload = try deflate(Array(message.utf8))
        try await withServer { server in
            var peers: [RawPeer] = []
            for _ in 0..<8 { peers.append(try await compressingPeer(server)) }
            for (index, peer) in peers.enumerated() {
                try await peer.send(RawFrame(.text, isFinal: false, reserved: 4, Array(payload[..<(10 + index)])))
            }
            for (index, peer) in peers.enumerated().reversed() {
                try await peer.send(RawFrame(.continuation, Array(payload[(10 + index)...])))
                #expect(try inflate([try await peer.receive()]) == message)
            }
        }
    }
}
