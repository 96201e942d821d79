import HTTPTypes
import Testing

@testable import LWSSwift

@Suite struct OpeningHandshakeTests {
    private static let right = [
        "Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func head(
        _ line: String = "GET / HTTP/1.1",
        _ changes: KeyValuePairs<String, String?> = [:]
    ) throws -> RequestHead {
        var fields = Self.right
        for (name, value) in changes { fields[name] = value }
        let lines = [line] + fields.map { "\($0): \($1)" }
        let bytes = Array((lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
        var parser = RequestParser(limits: .init(maximumBytes: 8_192, maximumFields: 64))
        let parsed = unsafe try bytes.withUnsafeBytes { unsafe try parser.feed($0) }
        return try #require(parsed?.head)
    }

    private func status(
        _ line: String = "GET / HTTP/1.1",
        _ changes: KeyValuePairs<String, String?> = [:]
    ) throws -> Int {
        let head = try head(line, changes)
        do throws(HTTPRefusal) {
            _ = try OpeningHandshake(head)
            return 101
        } catch {
            return error.status.code
        }
    }

    @Test func `what is right is accepted`() throws {
        let handshake = try OpeningHandshake(head())
        #expect(handshake.subprotocols == [] && handshake.extensions == [])
        #expect(try status("GET / HTTP/1.1", ["Upgrade": "WebSocket"]) == 101)
        #expect(try status("GET / HTTP/1.1", ["Upgrade": "h2c, websocket"]) == 101)
        #expect(try status("GET / HTTP/1.1", ["Connection": "keep-alive,  upgrade"]) == 101)
        #expect(try status("GET ws://localhost/ HTTP/1.1") == 101)
        #expect(try status("GET / HTTP/1.1", ["Content-Length": "0"]) == 101)
    }

    @Test func `each fault has its status`() throws {
        #expect(try status("POST / HTTP/1.1") == 405)
        #expect(try status("get / HTTP/1.1") == 405)
        #expect(try status("GET / HTTP/1.0") == 505)
        #expect(try status("GET / HTTP/1.1", ["Host": ""]) == 400)
        for upgrade in [nil, "", "h2c", "websocket2"] {
            #expect(try status("GET / HTTP/1.1", ["Upgrade": upgrade]) == 400)
            #expect(try !OpeningHandshake.isAskedFor(by: head("GET / HTTP/1.1", ["Upgrade": upgrade])))
        }
        for connection in [nil, "", "close", "upgraded"] {
            #expect(try status("GET / HTTP/1.1", ["Connection": connection]) == 400)
        }
        for version in [nil, "", "12", "013", "13, 8"] {
            #expect(try status("GET / HTTP/1.1", ["Sec-WebSocket-Version": version]) == 426)
        }
        for key in [nil, "", "AAAA"] { #expect(try status("GET / HTTP/1.1", ["Sec-WebSocket-Key": key]) == 400) }
        for (name, value) in [("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("Content-Length", "x")] {
            #expect(try status("GET / HTTP/1.1", [name: value]) == 400)
        }
        #expect(try status("GET / HTTP/1.1", ["Sec-WebSocket-Version": "13", "sec-websocket-version": "13"]) == 426)
        #expect(try status("GET / HTTP/1.1", ["sec-websocket-key": Self.right["Sec-WebSocket-Key"]]) == 400)
    }

    @Test func `a version that is not spoken is answered with the one that is`() throws {
        let head = try head("GET / HTTP/1.1", ["Sec-WebSocket-Version": "8"])
        #expect { try OpeningHandshake(head) } throws: { error in
            let refusal = error as? HTTPRefusal
            return refusal?.headerFields[.secWebSocketVersion] == "13" && refusal?.headerFields[.upgrade] == "websocket"
        }
    }

    @Test func `a key is sixteen bytes in base64, and the bits beyond them are zero`() {
        #expect(OpeningHandshake.isKey(Array("AAAAAAAAAAAAAAAAAAAAAA==".utf8)))
        #expect(OpeningHandshake.isKey(Array("+/+/+/+/+/+/+/+/+/+/+w==".utf8)))
        for key in [
            "", "AAAAAAAAAAAAAAAAAAAAA===", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAB==",
            "AAAAAAAAAA AAAAAAAAAA==", "dGhlIHNhbXBsZSBub25jZQ", "-_-_-_-_-_-_-_-_-_-_-w==",
        ] { #expect(!OpeningHandshake.isKey(Array(key.utf8)), "\(key)") }
    }

    @Test func `subprotocols are tokens, in the client's order, of any length and number`() throws {
        func handshake(_ list: String) throws -> OpeningHandshake {
            try OpeningHandshake(head("GET / HTTP/1.1", ["Sec-WebSocket-Protocol": list]))
        }
        #expect(try handshake(" chat.v2 ,chat.v1+json,\tx ").subprotocols == ["chat.v2", "chat.v1+json", "x"])
        // lws took names of 63 bytes and lists of 126.
        let long = (0..<20).map { "\($0)." + String(repeating: "a", count: 100) }
        #expect(try handshake(long.joined(separator: ", ")).subprotocols == long)
        for wrong in ["", ",", "a b", "a/b", "a\"", "ä"] {
            #expect(try status("GET / HTTP/1.1", ["Sec-WebSocket-Protocol": wrong]) == 400, "\(wrong)")
        }
    }

    @Test func `extensions that are offered are read, of any length, and refused when they are malformed`() throws {
        func names(_ list: String) throws -> [String] {
            try OpeningHandshake(head("GET / HTTP/1.1", ["Sec-WebSocket-Extensions": list])).extensions.map(\.name)
        }
        #expect(try names("permessage-deflate; client_max_window_bits, x") == ["permessage-deflate", "x"])
        #expect(try names(String(repeating: "x, ", count: 200) + "permessage-deflate").count == 201)
        for wrong in ["", "permessage-deflate;", "a b"] {
            #expect(try status("GET / HTTP/1.1", ["Sec-WebSocket-Extensions": wrong]) == 400, "\(wrong)")
        }
    }

    // MARK: The answer

    @Test func `the answer has the digest of the key, and what was agreed on`() {
        let key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
        let bytes = UpgradeAnswer.bytes(
            key: key,
            subprotocol: "chat",
            extensions: "permessage-deflate",
            fields: [.server: "test", .connection: "close", .contentLength: "3", .secWebSocketProtocol: "other"]
        )
        let text = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
            Sec-WebSocket-Protocol: chat\r
            Sec-WebSocket-Extensions: permessage-deflate\r
            Server: test\r
            \r

            """
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
