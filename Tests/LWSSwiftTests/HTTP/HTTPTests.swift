import Foundation
import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// Plain HTTP on the port of a WebSocket server.
@Suite(.timeLimit(.minutes(1))) struct HTTPTests {
    private func request(_ method: String, _ path: String, body: String = "", _ fields: [String] = []) -> [UInt8] {
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        return RawRequest(method: method, path: path, fields: ["Host: localhost"] + length + fields).bytes
            + Array(body.utf8)
    }

    @Test func `a server without a handler says what it is`() async throws {
        try await withServer { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(request("GET", "/"))
            let answer = try await RawAnswer(from: peer)
            #expect(answer.status == 426)
            #expect(answer.head.contains("Upgrade: websocket\r\n"))
            #expect(answer.text.contains("WebSocket"))
        }
    }

    @Test func `answers that have no body by definition announce no length`() async throws {
        try await withServer {
            $0.http = { _ in HTTPServerResponse(status: .notModified) }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            for _ in 0..<2 {
                try await peer.write(request("GET", "/"))
                let head = try await peer.readHead()
                #expect(head.hasPrefix("HTTP/1.1 304 "))
                #expect(!head.lowercased().contains("content-length"))
            }
        }
    }

    @Test func `the handler sees method, path, query, fields and body, and answers one request after another`()
        async throws
    {
        try await withServer {
            $0.http = { request in
                let body = String(decoding: request.body, as: UTF8.self)
                let token = request.request.headerFields[.authorization] ?? "-"
                return HTTPServerResponse(
                    status: .created,
                    text: "\(request.request.method) \(request.request.path ?? "") \(request.path) \(token) \(body)"
                )
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(request("GET", "/a?b=c", ["Authorization: x"]))
            var answer = try await RawAnswer(from: peer)
            #expect(answer.status == 201)
            #expect(answer.text == "GET /a?b=c /a x ")
            #expect(answer.head.contains("text/plain"))
            try await peer.write(request("POST", "/", body: "hello"))
            answer = try await RawAnswer(from: peer)
            #expect(answer.text == "POST / / - hello")
            try await peer.write(request("DELETE", "/thing"))
            answer = try await RawAnswer(from: peer)
            #expect(answer.text == "DELETE /thing /thing - ")
        }
    }

    @Test func `a HEAD request is answered without its body`() async throws {
        try await withServer {
            $0.http = { _ in HTTPServerResponse(text: "hello") }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(request("HEAD", "/", ["Connection: close"]))
            let answer = String(decoding: try await peer.readToEnd(), as: UTF8.self)
            #expect(answer.lowercased().contains("content-length: 5\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `an answer of 20 MB arrives whole at a slow reader`() async throws {
        let body = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try await withServer {
            $0.http = { _ in HTTPServerResponse(body: body) }
        } _: { server in
            let peer = try RawPeer(port: server.port!, receiveBuffer: 65_536)
            try await peer.write(request("GET", "/"))
            let answer = try await RawAnswer(from: peer)
            #expect(answer.body == body)
        }
    }

    @Test func `a streamed answer goes out piece by piece, as fast as it is taken`() async throws {
        let written = Watched(0)
        let piece = Array(repeating: UInt8(65), count: 50_000)
        try await withServer {
            $0.http = { _ in
                HTTPServerResponse { writer in
                    for _ in 0..<400 {
                        try await writer.write(piece)
                        written.update { $0 += 1 }
                    }
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!, receiveBuffer: 65_536)
            try await peer.write(request("GET", "/", ["Connection: close"]))
            let head = try await peer.readHead()
            #expect(head.contains("Transfer-Encoding: chunked\r\n"))
            var total = 0
            while true {
                var line: [UInt8] = []
                while !line.suffix(2).elementsEqual("\r\n".utf8) { line += try await peer.read(1) }
                let count = try #require(Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16))
                total += try await peer.read(count + 2).count - 2
                if count == 0 { break }
                #expect(written.value * piece.count - total < 8_000_000, "the rest waits for the reader")
            }
            #expect(total == 400 * piece.count)
        }
    }

    @Test func `a client that hangs up ends the stream`() async throws {
        let ended = Watched<String?>(nil)
        try await withServer {
            $0.http = { _ in
                HTTPServerResponse { writer in
                    do {
                        while true { try await writer.write(Array(repeating: 66, count: 10_000)) }
                    } catch {
                        ended.update { $0 = "\((error as? WebSocketError)?.code.description ?? "other")" }
                        throw error
                    }
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(request("GET", "/"))
            _ = try await peer.read(100_000)
            await peer.reset()
            try await ended.wait { $0 == "closed" || $0 == "cancelled" }
        }
    }

    @Test func `a body beyond the limit is refused`() async throws {
        try await withServer {
            $0.maximumRequestBodyBytes = 100
            $0.http = { _ in HTTPServerResponse(text: "taken") }
        } _: { server in
            let small = try RawPeer(port: server.port!)
            try await small.write(request("POST", "/", body: String(repeating: "x", count: 100)))
            #expect(try await RawAnswer(from: small).text == "taken")
            let large = try RawPeer(port: server.port!)
            try await large.write(request("POST", "/", body: String(repeating: "x", count: 101)))
            #expect(try await large.readHead().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `a handler that waits does not keep others waiting`() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        try await withServer {
            $0.http = { request in
                if request.path == "/wait" { for await _ in stream {} }
                return HTTPServerResponse(text: request.path)
            }
        } _: { server in
            let waiting = try RawPeer(port: server.port!)
            try await waiting.write(request("GET", "/wait"))
            let other = try RawPeer(port: server.port!)
            try await other.write(request("GET", "/other"))
            #expect(try await RawAnswer(from: other).text == "/other")
            let socket = try await RawPeer.upgraded(port: server.port!)
            try await socket.send(.text("hello"))
            #expect(try await socket.receive() == .text("hello"))
            continuation.finish()
            #expect(try await RawAnswer(from: waiting).text == "/wait")
        }
    }
}
