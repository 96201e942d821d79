import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// The body of a streamed answer belongs to that answer.
@Suite(.timeLimit(.minutes(1))) struct HTTPResponseWriterTests {
    private static func code(_ error: any Error) -> WebSocketError.Code? { (error as? WebSocketError)?.code }

    private let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `a writer that outlives its answer writes into no other`() async throws {
        let kept = Watched<HTTPBodyWriter?>(nil)
        let codes = Watched<[WebSocketError.Code?]>([])
        try await withServer {
            $0.http = { _ in
                HTTPServerResponse { writer in
                    if let old = kept.value {
                        do {
                            try await old.write("of the first")
                            codes.append(nil)
                        } catch {
                            codes.append(Self.code(error))
                        }
                    }
                    kept.update { $0 = writer }
                    try await writer.write("answer")
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            for _ in 0..<2 {
                try await peer.write(get)
                #expect(try await RawAnswer(from: peer).text == "answer")
            }
            await #expect {
                try await kept.value!.write("late")
            } throws: {
                Self.code($0) == .closed
            }
            // From no task of the loop either.
            try await peer.write(get)
            #expect(try await RawAnswer(from: peer).text == "answer")
        }
        #expect(codes.value == [.closed, .closed])
    }

    @Test func `writes at once go out whole and in order, and all return`() async throws {
        let pieces = (0..<8).map { Array(repeating: UInt8(65 + $0), count: 300_000) }
        try await withServer {
            $0.http = { _ in
                HTTPServerResponse { writer in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for piece in pieces { group.addTask { try await writer.write(piece) } }
                        try await group.waitForAll()
                    }
                    try await writer.write("end")
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!, receiveBuffer: 65_536)
            for _ in 0..<2 {
                try await peer.write(get)
                var body = try await RawAnswer(from: peer).body[...]
                #expect(body.suffix(3).elementsEqual("end".utf8))
                var seen: Set<UInt8> = []
                for _ in pieces {
                    let first = try #require(body.first)
                    #expect(body.prefix(300_000).allSatisfy { $0 == first })
                    seen.insert(first)
                    body = body.dropFirst(300_000)
                }
                #expect(seen.count == pieces.count && body.count == 3)
            }
        }
    }

    @Test func `an answer that fails in its middle has no end`() async throws {
        struct Failure: Error {}
        try await withServer {
            $0.http = { _ in
                HTTPServerResponse { writer in
                    try await writer.write("half")
                    throw Failure()
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(get)
            let text = String(decoding: try await peer.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\n4\r\nhalf\r\n"))
        }
    }

    @Test func `the framing is the server's, whatever the handler says`() async throws {
        try await withServer {
            $0.http = { request in
                let fields: HTTPFields = [.contentLength: "3", .transferEncoding: "chunked", .connection: "close"]
                switch request.path {
                case "/204": return HTTPServerResponse(status: .noContent, headerFields: fields, text: "body")
                case "/304": return HTTPServerResponse(status: .notModified, headerFields: fields, text: "body")
                case "/205": return HTTPServerResponse(status: .resetContent, headerFields: fields, text: "body")
                case "/100": return HTTPServerResponse(status: .continue, text: "body")
                case "/stream": return HTTPServerResponse(headerFields: fields) { try await $0.write("body") }
                default: return HTTPServerResponse(headerFields: fields, text: "body")
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            func head(_ method: String, _ path: String) async throws -> String {
                try await peer.write("\(method) \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                return try await peer.readHead().lowercased()
            }
            for path in ["/204", "/304"] {
                let head = try await head("GET", path)
                #expect(!head.contains("content-length") && !head.contains("transfer-encoding"))
                #expect(!head.contains("connection: close"))
            }
            #expect(try await head("GET", "/205").contains("content-length: 0\r\n"))
            let length = try await head("HEAD", "/")
            #expect(length.contains("content-length: 4\r\n") && !length.contains("transfer-encoding"))
            let stream = try await head("HEAD", "/stream")
            #expect(stream.contains("transfer-encoding: chunked\r\n") && !stream.contains("content-length"))
            for path in ["/", "/stream"] {
                try await peer.write("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await RawAnswer(from: peer)
                #expect(answer.text == "body")
                let lower = answer.head.lowercased()
                #expect(lower.contains("content-length") != lower.contains("transfer-encoding"))
            }
            try await peer.write("GET /100 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await RawAnswer(from: peer).status == 500)
            // HTTP/1.0 has no chunks.
            try await peer.write("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let text = String(decoding: try await peer.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nbody") && text.contains("\r\nConnection: close\r\n"))
            #expect(!text.contains("Transfer-Encoding"))
        }
    }
}
