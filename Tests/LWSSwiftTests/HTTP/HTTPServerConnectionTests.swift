import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// Requests on a connection, right and wrong ones: each is answered, and none reaches into another.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerConnectionTests {
    /// Answers with what it was asked.
    private static let mirror: @Sendable (HTTPServerRequest) async -> HTTPServerResponse = { request in
        let body = String(decoding: request.body, as: UTF8.self)
        return HTTPServerResponse(text: "\(request.method) \(request.request.path ?? "-") \(body)")
    }

    private func withMirror(
        _ configure: (inout WebSocketServer.Configuration) -> Void = { _ in },
        _ body: (WebSocketServer) async throws -> Void
    ) async throws {
        try await withServer {
            $0.http = Self.mirror
            configure(&$0)
        } _: { server in
            try await body(server)
        }
    }

    // MARK: What is answered

    @Test(arguments: [
        ("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a?b "),
        ("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / "),
        ("GET http://x/a?b;c&d+e HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a?b;c&d+e "),
        ("get /%00%3F HTTP/1.1\r\nHost: x\r\n\r\n", "get /%00%3F "),
        ("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", "BREW /pot "),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * "),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 00\r\n\r\n", "POST / "),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "POST / hello"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nT: x\r\n\r\n",
            "POST / hello"
        ),
        ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "GET / "),
        ("GET / HTTP/1.1\r\nHost: x\r\nAuth: s\r\n\r\n", "GET / "),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: s\r\nUser: s\r\nContent: s\r\nX-Forwarded: s\r\n\r\n", "GET / "),
        ("GET / HTTP/1.1\r\nHost: x\r\nCookie: \(String(repeating: "c", count: 7_000))\r\n\r\n", "GET / "),
    ])
    func `a request is answered, and the next one on the same connection`(text: String, answer: String) async throws {
        try await withMirror { server in
            let peer = try RawPeer(port: server.port!)
            for _ in 0..<2 {
                try await peer.write(text)
                let got = try await RawAnswer(from: peer)
                #expect(got.status == 200 && got.text == answer)
            }
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n", 400), ("GET / HTTP/1.1\nHost: x\n\n", 400),
        ("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405), ("GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nCookie: \(String(repeating: "c", count: 9_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "x", count: 9_000))", 414), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("\u{16}\u{3}\u{1}", 400), ("hello\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: miracles\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n", 400),
    ])
    func `what cannot be served is answered at once, and ends the connection`(text: String, status: Int) async throws {
        try await withMirror { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(text)
            let answer = try await RawAnswer(from: peer)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.head.contains("\r\nConnection: close"))
            #expect(!answer.text.isEmpty)
            await peer.endSending()
            #expect(try await peer.readToEnd() == [])
        }
    }

    @Test func `a client that is still sending sees why it is refused`() async throws {
        try await withMirror {
            $0.maximumRequestBodyBytes = 1_000
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
            try await peer.write(Array(head.utf8) + Array(repeating: 65, count: 300_000))
            #expect(try await RawAnswer(from: peer).status == 413)
        }
    }

    @Test func `chunks beyond the limit of a body are refused`() async throws {
        try await withMirror {
            $0.maximumRequestBodyBytes = 4
        } _: { server in
            for (chunks, status) in [("4\r\nfour\r\n0\r\n\r\n", 200), ("2\r\nab\r\n3\r\n", 413)] {
                let peer = try RawPeer(port: server.port!)
                try await peer.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
                #expect(try await RawAnswer(from: peer).status == status)
            }
        }
    }

    @Test func `more fields than are taken are refused, whatever their names`() async throws {
        try await withMirror {
            $0.maximumHeaderFields = 10
        } _: { server in
            for (count, status) in [(9, 200), (10, 431)] {
                let peer = try RawPeer(port: server.port!)
                let fields = Array(repeating: "X-Nobody-Knows: it", count: count)
                try await peer.write(RawRequest(fields: ["Host: x"] + fields).bytes)
                #expect(try await RawAnswer(from: peer).status == status)
            }
        }
    }

    // MARK: One after another

    @Test func `requests that come together are answered in order`() async throws {
        try await withServer {
            $0.http = { request in
                // Those that wait do not let others pass.
                if request.path == "/slow" { await Task.yield() }
                return await Self.mirror(request)
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            let texts = [
                "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
                "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n",
                "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n",
            ]
            let answers = ["GET /1 ", "GET /slow ", "POST /2 hi", "POST /slow ho", "GET /3 "]
            try await peer.write(texts.joined())
            for answer in answers { #expect(try await RawAnswer(from: peer).text == answer) }
            await peer.writeEachByte(of: Array(texts.joined().utf8)[...], then: [])
            for answer in answers { #expect(try await RawAnswer(from: peer).text == answer) }
        }
    }

    @Test func `hundreds of requests in one burst are answered`() async throws {
        try await withMirror { server in
            let peer = try RawPeer(port: server.port!)
            let text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            try await peer.write(String(repeating: text, count: 300))
            for _ in 0..<300 { #expect(try await RawAnswer(from: peer).text == "GET / ") }
        }
    }

    @Test func `a connection is kept or ended as the client says`() async throws {
        try await withMirror { server in
            for (version, field, isKept) in [
                ("1.1", "X: y", true), ("1.1", "Connection: close", false), ("1.0", "X: y", false),
                ("1.0", "Connection: keep-alive", true), ("1.0", "Connection: keep-alive, close", false),
            ] {
                let peer = try RawPeer(port: server.port!)
                let text = "GET / HTTP/\(version)\r\nHost: x\r\n\(field)\r\n\r\n"
                try await peer.write(text)
                let answer = try await RawAnswer(from: peer)
                #expect(answer.status == 200)
                #expect(answer.head.contains("\r\nConnection: close\r\n") == !isKept)
                if isKept {
                    try await peer.write(text)
                    #expect(try await RawAnswer(from: peer).status == 200)
                } else {
                    #expect(try await peer.readToEnd() == [])
                }
            }
        }
    }

    @Test func `a body that waits to be wanted is asked for`() async throws {
        try await withMirror { server in
            let peer = try RawPeer(port: server.port!)
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n"
            try await peer.write(head)
            #expect(try await peer.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await peer.write("hello")
            #expect(try await RawAnswer(from: peer).text == "POST / hello")
            // One that has come already needs no asking.
            try await peer.write(head + "hello")
            #expect(try await RawAnswer(from: peer).text == "POST / hello")
        }
    }

    // MARK: Time

    @Test func `who does not finish its request in time is told so, who never began one is not`() async throws {
        try await withMirror {
            $0.limits.handshakeTimeout = .milliseconds(200)
        } _: { server in
            let silent = try RawPeer(port: server.port!)
            let slow = try RawPeer(port: server.port!)
            try await slow.write("GET / HTTP/1.1\r\nHo")
            #expect(try await RawAnswer(from: slow).status == 408)
            #expect(try await silent.readToEnd() == [])
            // The same for a request that follows another.
            let next = try RawPeer(port: server.port!)
            try await next.write("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET")
            #expect(try await RawAnswer(from: next).status == 200)
            #expect(try await RawAnswer(from: next).status == 408)
        }
    }

    @Test func `a body that stops coming is not waited for`() async throws {
        try await withMirror {
            $0.limits.stallTimeout = .milliseconds(200)
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell")
            #expect(try await RawAnswer(from: peer).status == 408)
        }
    }

    @Test func `a client that takes nothing of its answer is cut off`() async throws {
        let ended = Watched(false)
        try await withServer {
            $0.limits.stallTimeout = .milliseconds(300)
            $0.http = { _ in
                HTTPServerResponse { writer in
                    defer { ended.update { $0 = true } }
                    while true { try await writer.write(Array(repeating: 66, count: 100_000)) }
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!, receiveBuffer: 16_384)
            try await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await ended.wait { $0 }
            withExtendedLifetime(peer) {}
        }
    }

    /// A handler that never answers.
    private static func waiting(
        _ begun: Watched<Int>,
        _ ended: Watched<Int>
    ) -> @Sendable (HTTPServerRequest) async -> HTTPServerResponse {
        { _ in
            begun.update { $0 += 1 }
            try? await Task.sleep(for: .seconds(3_600))
            ended.update { $0 += 1 }
            return HTTPServerResponse()
        }
    }

    @Test func `a handler is cancelled when its client hangs up`() async throws {
        let (begun, ended) = (Watched(0), Watched(0))
        try await withServer {
            $0.http = Self.waiting(begun, ended)
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await begun.wait { $0 == 1 }
            await peer.reset()
            try await ended.wait { $0 == 1 }
        }
    }

    @Test func `a client that has ended its side is waited for no longer than one that takes nothing`() async throws {
        let (begun, ended) = (Watched(0), Watched(0))
        try await withServer {
            $0.limits.stallTimeout = .milliseconds(100)
            $0.http = Self.waiting(begun, ended)
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await begun.wait { $0 == 1 }
            await peer.end()
            try await ended.wait { $0 == 1 }
        }
    }

    @Test func `a client that has ended its side gets its answers`() async throws {
        try await withServer {
            $0.http = { request in
                // Longer than a client that hangs up goes unnoticed.
                try? await Task.sleep(for: .milliseconds(1_200))
                return HTTPServerResponse { writer in
                    for piece in [request.path, "-", "end"] { try await writer.write(piece) }
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
            await peer.endSending()
            for path in ["/1", "/2"] { #expect(try await RawAnswer(from: peer).text == path + "-end") }
            #expect(try await peer.readToEnd() == [])
        }
    }
}
