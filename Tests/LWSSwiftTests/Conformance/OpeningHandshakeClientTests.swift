import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// RFC 6455 section 4.1: what a client sends as its opening handshake, and which answers it takes.
@Suite(.timeLimit(.minutes(1))) struct OpeningHandshakeClientTests {
    @Test func `a request has every field it must have, once, and a new key each time`() async throws {
        let listener = try RawListener()
        try await withLoop { loop in
            var keys: Set<String> = []
            for _ in 0..<2 {
                async let peer = listener.accept()
                async let connecting = WebSocketClient.connect(to: "\(listener.url)chat?x=1", on: loop)
                let server = try await peer
                let head = try await server.readHead()
                let lines = head.split(separator: "\r\n").map(String.init)
                #expect(lines.first == "GET /chat?x=1 HTTP/1.1")
                func values(_ name: String) -> [String] {
                    lines.filter { $0.lowercased().hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
                }
                #expect(values("host") == ["127.0.0.1:\(listener.port)"])
                #expect(values("upgrade").map { $0.lowercased() } == ["websocket"])
                #expect(values("connection").map { $0.lowercased() } == ["upgrade"])
                #expect(values("sec-websocket-version") == ["13"])
                #expect(
                    values("sec-websocket-extensions") == [
                        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"
                    ]
                )
                let key = try #require(values("sec-websocket-key").first)
                #expect(key.utf8.count == 24)
                keys.insert(key)
                try await server.write(RawListener.answer(to: head))
                _ = try await connecting
                await server.end()
            }
            #expect(keys.count == 2)
        }
    }

    /// An answer that differs from a right one, and the error.
    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fields: [String]
        let status: String
        let error: WebSocketError.Code?

        init(
            _ name: String,
            status: String = "101 Switching Protocols",
            _ fields: [String],
            _ error: WebSocketError.Code?
        ) {
            testDescription = name
            self.status = status
            self.fields = fields
            self.error = error
        }
    }

    static let answers: [Answer] = [
        Answer("values in other cases", ["Upgrade: WebSocket", "Connection: upgrade"], nil),
        Answer("fields that nobody knows", ["X-Anything: goes"], nil),
        Answer("no Upgrade", ["Upgrade:"], .invalidHandshake),
        Answer("another Upgrade", ["Upgrade: h2c"], .invalidHandshake),
        Answer("no Connection", ["Connection:"], .invalidHandshake),
        Answer("another Connection", ["Connection: close"], .invalidHandshake),
        Answer("no Accept", ["Sec-WebSocket-Accept:"], .invalidHandshake),
        Answer("a wrong Accept", ["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], .invalidHandshake),
        Answer(
            "an extension that was not offered",
            ["Sec-WebSocket-Extensions: permessage-bzip2"],
            .invalidHandshake
        ),
        Answer("a subprotocol that was not offered", ["Sec-WebSocket-Protocol: chat"], .invalidHandshake),
        Answer("status 200", status: "200 OK", ["Content-Length: 0"], .handshakeRejected),
        Answer("status 302", status: "302 Found", ["Location: /x", "Content-Length: 0"], .handshakeRejected),
        Answer("status 403", status: "403 Forbidden", ["Content-Length: 0"], .handshakeRejected),
    ]

    @Test(arguments: answers)
    func `only a right answer opens the connection`(row: Answer) async throws {
        let listener = try RawListener()
        let answering = Task {
            let peer = try await listener.accept()
            let answer = String(
                decoding: try RawListener.answer(to: try await peer.readHead(), fields: row.fields),
                as: UTF8.self
            )
            try await peer.write(answer.replacing("101 Switching Protocols", with: row.status))
            return peer
        }
        try await withLoop { loop in
            var outcome: WebSocketError.Code?
            do throws(WebSocketError) {
                let connection = try await WebSocketClient.connect(to: listener.url, .patient, on: loop)
                #expect(connection.handshake.path == "/")
            } catch {
                outcome = error.code
            }
            #expect(outcome == row.error)
            try await answering.value.end()
        }
    }

    @Test func `frames that follow the answer at once are not lost`() async throws {
        let listener = try RawListener()
        let answering = Task {
            let peer = try await listener.accept()
            let answer = try RawListener.answer(to: try await peer.readHead())
            try await peer.write(answer + RawFrame.text("early").encoded(masked: false))
            return peer
        }
        try await withLoop { loop in
            let client = try await WebSocketClient.connect(to: listener.url, .patient, on: loop)
            var messages = client.messages.makeAsyncIterator()
            #expect(try await messages.next() == "early")
            try await answering.value.end()
        }
    }

    @Test func `every frame of a client is masked with another key`() async throws {
        try await withRawServer { client, server in
            for _ in 0..<3 { try await client.send("the same") }
            var frames: Set<[UInt8]> = []
            for _ in 0..<3 { frames.insert(try await server.read(2 + 4 + 8)) }
            #expect(frames.count == 3)
            #expect(frames.allSatisfy { $0[1] == 0x80 | 8 })
            await server.end()
        }
    }
}
