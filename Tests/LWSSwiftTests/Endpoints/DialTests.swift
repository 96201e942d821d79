import HTTPTypes
import TestSupport
import Testing

@testable import LWSSwift

/// What a client does with answers of all kinds, and what a dial leaves behind.
@Suite(.timeLimit(.minutes(1))) struct DialTests {
    /// Has a raw server treat the next client as `serve` does, while `body` connects.
    private func serving(
        _ serve: @escaping @Sendable (RawPeer, _ head: String) async throws -> Void,
        _ body: (_ loop: ServiceLoop, _ url: String) async throws -> Void
    ) async throws {
        let listener = try RawListener()
        let served = Task {
            let peer = try await listener.accept()
            try await serve(peer, try await peer.readHead())
            return peer
        }
        try await withLoop { loop in
            try await body(loop, listener.url)
            try await served.value.end()
        }
    }

    private func failure(
        to url: String,
        _ configuration: WebSocketClient.Configuration = .patient,
        on loop: ServiceLoop,
        onConnection: @escaping @Sendable (LoopConnection) -> Void = { _ in }
    ) async throws -> WebSocketError {
        do throws(WebSocketError) {
            try await WebSocketClient.connect(to: url, configuration, on: loop, onConnection: onConnection)
        } catch {
            return error
        }
        Issue.record("A connection came about.")
        throw WebSocketError(.system, "")
    }

    // MARK: Answers

    @Test(arguments: ["Auth: s", "X: 1", "User: me", "Content: x", "X-Auth: y", "X-Forwarded: z", "Proxy-Auth: q"])
    func `a field whose name begins like another is just a field`(field: String) async throws {
        try await serving { peer, head in
            try await peer.write(try RawListener.answer(to: head, fields: [field, "Sec-WebSocket-Protocol: b"]))
        } _: { loop, url in
            var configuration = WebSocketClient.Configuration.patient
            configuration.subprotocols = ["a", "b"]
            let connection = try await WebSocketClient.connect(to: url, configuration, on: loop)
            #expect(connection.handshake.subprotocol == "b")
        }
    }

    @Test func `answers before the one that counts are passed over`() async throws {
        try await serving { peer, head in
            try await peer.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            try await peer.write(try RawListener.answer(to: head))
        } _: { loop, url in
            try await WebSocketClient.connect(to: url, .patient, on: loop)
        }
    }

    @Test func `an answer is taken byte for byte, with a message behind it`() async throws {
        try await serving { peer, head in
            let bytes = try RawListener.answer(to: head) + RawFrame.text("early").encoded(masked: false)
            await peer.writeEachByte(of: bytes[...], then: [])
        } _: { loop, url in
            let connection = try await WebSocketClient.connect(to: url, .patient, on: loop)
            var messages = connection.messages.makeAsyncIterator()
            #expect(try await messages.next() == "early")
        }
    }

    @Test func `messages that come with the answer are heard by closures that are set when the connection opens`()
        async throws
    {
        try await serving { peer, head in
            let frames = (0..<3).flatMap { RawFrame.text("\($0)").encoded(masked: false) }
            try await peer.write(try RawListener.answer(to: head) + frames)
        } _: { loop, url in
            let messages = Watched<[WebSocketMessage]>([])
            try await WebSocketClient.connect(to: url, .patient, on: loop) { connection in
                connection.onMessage { messages.append($0) }
            }
            try await messages.wait { $0 == ["0", "1", "2"] }
        }
    }

    @Test(arguments: [
        ("\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}\u{28}", "It may expect TLS"), ("SSH-2.0-OpenSSH\r\n", "no WebSocket server"),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade\r\n\r\n", "field"),
        ("HTTP/1.1 101 Switching Protocols\r\nX: " + String(repeating: "x", count: 20_000), "16384 bytes"),
        (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 17), "interim"),
    ])
    func `what is no answer ends the attempt at once, with a reason`(answer: String, reason: String) async throws {
        try await serving { peer, _ in
            try await peer.write(answer)
        } _: { loop, url in
            let error = try await failure(to: url, on: loop)
            #expect(error.code == .invalidHandshake && error.message.contains(reason), "\(error)")
        }
    }

    @Test(arguments: [
        "Content-Length: 8\r\n\r\nnot you!", "Connection: close\r\n\r\nnot you!",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n5\r\n you!\r\n0\r\n\r\n",
    ])
    func `a refusal has its body, however it comes`(rest: String) async throws {
        try await serving { peer, _ in
            let answer = Array("HTTP/1.1 403 Forbidden\r\nLocation: /elsewhere\r\n\(rest)".utf8)
            await peer.writeEachByte(of: answer[...], then: [])
            await peer.endSending()
        } _: { loop, url in
            let error = try await failure(to: url, on: loop)
            #expect(error.code == .handshakeRejected)
            #expect(error.rejection == .init(status: 403, bodyPrefix: "not you!", location: "/elsewhere"))
            #expect(error.message.contains("403") && error.message.contains("not you!"))
        }
    }

    @Test func `a refusal is not held up by a body that does not end`() async throws {
        try await serving { peer, _ in
            try await peer.write("HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nsorry")
            #expect(try await peer.readToEnd() == [])
        } _: { loop, url in
            let error = try await failure(to: url, on: loop)
            #expect(error.rejection == .init(status: 503, bodyPrefix: "sorry"))
        }
    }

    // MARK: Deadlines and ends

    @Test func `an answer that comes too late opens no connection`() async throws {
        let hasFailed = Watched(false)
        let opened = Watched(0)
        try await serving { peer, head in
            try await hasFailed.wait { $0 }
            try? await peer.write(try RawListener.answer(to: head))
            #expect(try await peer.readToEnd() == [])
        } _: { loop, url in
            var configuration = WebSocketClient.Configuration.patient
            configuration.limits.handshakeTimeout = .milliseconds(200)
            let error = try await failure(to: url, configuration, on: loop) { _ in opened.update { $0 += 1 } }
            #expect(error.code == .timedOut && error.message.contains("handshake"))
            hasFailed.update { $0 = true }
        }
        #expect(opened.value == 0)
    }

    @Test func `an answer that drips for ever runs into the time limit`() async throws {
        try await serving { peer, _ in
            try await peer.write("HTTP/1.1 101 Switching Protocols\r\nX: ")
            // For as long as the client is there.
            while await !peer.hasAnswer(within: 20) { try await peer.write("x") }
        } _: { loop, url in
            var configuration = WebSocketClient.Configuration.patient
            configuration.limits.handshakeTimeout = .milliseconds(300)
            let error = try await failure(to: url, configuration, on: loop)
            #expect(error.code == .timedOut)
        }
    }

    @Test func `a dial that was cancelled opens no connection, whatever the server answers then`() async throws {
        let listener = try RawListener()
        let opened = Watched(0)
        try await withLoop { loop in
            let task = Task {
                try await WebSocketClient.connect(to: listener.url, .patient, on: loop) { _ in opened.update { $0 += 1 }
                }
            }
            let peer = try await listener.accept()
            let head = try await peer.readHead()
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            try? await peer.write(try RawListener.answer(to: head))
            #expect(try await peer.readToEnd() == [])
            #expect(opened.value == 0)
        }
    }

    @Test(arguments: [(ServiceLoop.EventLibrary.libuv, 2_000), (.poll, 100)])
    func `dials that are refused tell so, and leave nothing`(library: ServiceLoop.EventLibrary, count: Int) async throws
    {
        let port = try { try RawListener().port }()
        try await withLoop(.init(eventLibrary: library)) { loop in
            for _ in 0..<count {
                let error = try await failure(to: "ws://127.0.0.1:\(port)/", on: loop)
                #expect(error.code == .connectionRefused)
            }
            #expect(try await loop.run { loop.dials.isEmpty })
            // Sockets go at the end of a turn.
            while try await loop.run({ loop.sockets.count }) > 0 {}
        }
    }

    @Test func `a server that hangs up is told with what may be wrong`() async throws {
        try await serving { peer, _ in
            await peer.reset()
        } _: { loop, url in
            let error = try await failure(to: url, on: loop)
            #expect(error.code == .invalidHandshake && error.message.contains("It may expect TLS"))
        }
    }

    // MARK: Redirects

    /// Has one listener answer each of its clients in turn, and returns the heads that it got.
    private func answer(_ listener: RawListener, _ answers: [String]) -> Task<[String], any Error> {
        Task {
            var heads: [String] = []
            var peers: [RawPeer] = []
            for answer in answers {
                let peer = try await listener.accept()
                let head = try await peer.readHead()
                heads.append(head)
                if answer == "101" {
                    try await peer.write(try RawListener.answer(to: head))
                } else {
                    try await peer.write("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\n\r\n")
                }
                peers.append(peer)
            }
            return heads
        }
    }

    @Test func `redirects are followed when asked to, and credentials stay with their origin`() async throws {
        let (first, second) = (try RawListener(), try RawListener())
        let atFirst = answer(
            first,
            ["301 Moved\r\nLocation: b?x", "307 Go\r\nLocation: http://127.0.0.1:\(second.port)/c"]
        )
        let atSecond = answer(second, ["308 Go\r\nLocation: ws://127.0.0.1:\(second.port)/d", "101"])
        var configuration = WebSocketClient.Configuration.patient
        configuration.maximumRedirects = 3
        configuration.headerFields = [.authorization: "Bearer x", .cookie: "a=b", .userAgent: "test"]
        try await withLoop { loop in
            let connection = try await WebSocketClient.connect(to: first.url + "a/", configuration, on: loop)
            #expect(connection.handshake.path == "/d")
            #expect(connection.handshake.remoteAddress?.port == second.port)
            let heads = (try await atFirst.value, try await atSecond.value)
            #expect(heads.0.map { $0.prefix { $0 != "\r\n" } } == ["GET /a/ HTTP/1.1", "GET /a/b?x HTTP/1.1"])
            #expect(
                heads.0.allSatisfy {
                    $0.contains("\r\nAuthorization: Bearer x\r\n") && $0.contains("\r\nCookie: a=b\r\n")
                }
            )
            #expect(heads.1.map { $0.prefix { $0 != "\r\n" } } == ["GET /c HTTP/1.1", "GET /d HTTP/1.1"])
            #expect(heads.1.allSatisfy { !$0.contains("Authorization") && !$0.contains("Cookie") })
            #expect(heads.1.allSatisfy { $0.contains("\r\nUser-Agent: test\r\n") })
        }
    }

    @Test func `a loop of redirects ends at the bound`() async throws {
        let listener = try RawListener()
        let heads = answer(listener, [String](repeating: "302 Found\r\nLocation: /", count: 4))
        var configuration = WebSocketClient.Configuration.patient
        configuration.maximumRedirects = 3
        try await withLoop { loop in
            let error = try await failure(to: listener.url, configuration, on: loop)
            #expect(error.code == .handshakeRejected && error.rejection?.location == "/")
            #expect(error.message.contains("last redirect"))
            #expect(try await heads.value.count == 4)
        }
    }

    @Test func `a redirect is a refusal unless it was asked for, and names where it leads`() async throws {
        try await serving { peer, _ in
            try await peer.write("HTTP/1.1 302 Found\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n")
        } _: { loop, url in
            let error = try await failure(to: url, on: loop)
            #expect(error.rejection == .init(status: 302, bodyPrefix: "", location: "https://other/"))
            #expect(error.message.contains("https://other/"))
        }
    }

    // MARK: Proxies

    private func throughProxy(_ listener: RawListener, credentials: String = "") -> WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration.patient
        configuration.proxy = .url("http://\(credentials)127.0.0.1:\(listener.port)")
        return configuration
    }

    @Test func `a proxy is asked for a way, and the handshake goes through it`() async throws {
        let proxy = try RawListener()
        let served = Task {
            let peer = try await proxy.accept()
            let request = try await peer.readHead()
            await peer.writeEachByte(of: Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)[...], then: [])
            let head = try await peer.readHead()
            try await peer.write(try RawListener.answer(to: head))
            return (peer, request, head)
        }
        try await withLoop { loop in
            let configuration = throughProxy(proxy, credentials: "me:secret@")
            // The proxy looks up the name, not the client.
            let connection = try await WebSocketClient.connect(to: "ws://server.invalid:81/x", configuration, on: loop)
            #expect(connection.handshake.remoteAddress?.port == proxy.port)
            let (peer, request, head) = try await served.value
            #expect(request.hasPrefix("CONNECT server.invalid:81 HTTP/1.1\r\n"))
            #expect(request.contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n"))
            #expect(head.hasPrefix("GET /x HTTP/1.1\r\nHost: server.invalid:81\r\n"))
            #expect(!head.contains("Proxy"))
            await peer.end()
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "asks for credentials"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "status 502"), ("SOCKS", "not valid"), ("", "lost"),
        ("HTTP/1.1 200 OK\r\n\r\nmore", "more came"),
    ])
    func `a proxy that does not connect is told`(answer: String, reason: String) async throws {
        let proxy = try RawListener()
        let served = Task {
            let peer = try await proxy.accept()
            _ = try await peer.readHead()
            try await peer.write(answer)
            await peer.endSending()
            return peer
        }
        try await withLoop { loop in
            let error = try await failure(to: "ws://server.invalid/", throughProxy(proxy), on: loop)
            #expect(error.code == .proxy && error.message.contains(reason), "\(error)")
            #expect(error.message.contains("127.0.0.1:\(proxy.port)"))
            try await served.value.end()
        }
    }

    @Test func `a proxy that does not answer runs into the time limit, one that is not there is told`() async throws {
        let proxy = try RawListener()
        var configuration = throughProxy(proxy)
        configuration.connectTimeout = .milliseconds(300)
        try await withLoop { loop in
            let error = try await failure(to: "ws://server.invalid/", configuration, on: loop)
            #expect(error.code == .timedOut && error.message.contains("proxy"))
            let gone = try { throughProxy(try RawListener()) }()
            let refused = try await failure(to: "ws://server.invalid/", gone, on: loop)
            #expect(refused.code == .connectionRefused && refused.message.contains("proxy"))
        }
    }
}
