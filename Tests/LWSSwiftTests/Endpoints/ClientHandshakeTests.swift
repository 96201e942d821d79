import HTTPTypes
import Testing

@testable import LWSSwift

/// RFC 6455 section 4.1.
@Suite struct ClientHandshakeTests {
    /// The example of RFC 6455 section 1.3.
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    private static let right: HTTPFields = [
        .upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: accept,
    ]

    private func handshake(compression: Bool = true) throws -> ClientHandshake {
        ClientHandshake(
            try ClientURL("ws://example.com:8080/chat?x=1"),
            subprotocols: ["a", "b"],
            offersCompression: compression,
            origin: "http://example.com",
            fields: [.authorization: "Bearer x", .userAgent: "test"],
            key: Self.key
        )
    }

    @Test func `a request has what it must have, and what was asked for`() throws {
        #expect(
            String(decoding: try handshake().request, as: UTF8.self)
                == """
                GET /chat?x=1 HTTP/1.1\r
                Host: example.com:8080\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Protocol: a, b\r
                Sec-WebSocket-Extensions: \(DeflateNegotiation.offer)\r
                Origin: http://example.com\r
                Authorization: Bearer x\r
                User-Agent: test\r
                \r

                """
        )
        let plain = ClientHandshake(try ClientURL("ws://h/"), key: Self.key).request
        #expect(String(decoding: plain, as: UTF8.self).split(separator: "\r\n").count == 6)
    }

    @Test func `a key is another each time, 16 bytes in base64`() {
        let keys = Set((0..<10).map { _ in HandshakeKey.random() })
        #expect(keys.count == 10)
        #expect(keys.allSatisfy { $0.utf8.count == 24 && $0.hasSuffix("==") })
        #expect(HandshakeKey.accept(Self.key) == Self.accept)
    }

    @Test(arguments: [
        "Host", "upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions", "Content-Length",
        "Transfer-Encoding", "Expect",
    ])
    func `a field that the handshake sets is not taken`(name: String) {
        let problem = ClientHandshake.problem(of: [HTTPField.Name(name)!: "x"], origin: nil)
        #expect(problem?.contains(name) == true)
    }

    @Test func `fields are taken when they fit and say nothing twice`() {
        #expect(ClientHandshake.problem(of: [.authorization: "x", .origin: "http://a"], origin: nil) == nil)
        #expect(ClientHandshake.problem(of: [.origin: "http://a"], origin: "http://b")?.contains("twice") == true)
        let long = String(repeating: "x", count: 20_000)
        #expect(ClientHandshake.problem(of: [.userAgent: long], origin: nil)?.contains("fit") == true)
    }

    private func check(
        _ changes: HTTPFields,
        minorVersion: Int = 1,
        compression: Bool = true
    ) throws -> ClientHandshake.Agreement {
        var fields = Self.right
        for change in changes { fields[change.name] = change.value.isEmpty ? nil : change.value }
        return try handshake(compression: compression).check(
            ResponseHead(minorVersion: minorVersion, status: 101, fields: fields)
        )
    }

    @Test func `a right answer is taken, with what the server chose`() throws {
        #expect(try check([:]) == .init())
        #expect(try check([.upgrade: "WebSocket", .connection: "keep-alive, upgrade"]) == .init())
        #expect(try check([.secWebSocketProtocol: "b"]).subprotocol == "b")
        let extensions = "permessage-deflate; server_no_context_takeover"
        #expect(try check([.secWebSocketExtensions: extensions]).compression == .init(windowBits: 15))
    }

    static let wrong: [(fields: HTTPFields, reason: String)] = [
        ([.upgrade: ""], "Upgrade"), ([.upgrade: "h2c"], "Upgrade"), ([.upgrade: "websocket, h2c"], "Upgrade"),
        ([.connection: ""], "Connection"), ([.connection: "close"], "Connection"),
        ([.connection: "xUpgrade"], "Connection"), ([.secWebSocketAccept: ""], "Accept"),
        ([.secWebSocketAccept: "x3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "Accept"),
        ([.secWebSocketAccept: "S3PPLMBiTxaQ9kYGzzhZRbK+xOo="], "Accept"),
        ([.secWebSocketProtocol: "c"], "\"c\""), ([.secWebSocketProtocol: "A"], "\"A\""),
        ([.secWebSocketProtocol: "a, b"], "\"a, b\""), ([.secWebSocketExtensions: "permessage-bzip2"], "extension"),
        ([.secWebSocketExtensions: ";"], "malformed"),
    ]

    @Test(arguments: wrong.indices)
    func `an answer that breaks a rule is refused with the rule`(index: Int) {
        let row = Self.wrong[index]
        #expect { try check(row.fields) } throws: { ($0 as? MalformedResponse)?.reason.contains(row.reason) == true }
    }

    @Test func `HTTP/1.0 cannot switch protocols, and no extension comes unasked`() {
        #expect { try check([:], minorVersion: 0) } throws: { "\($0)".contains("HTTP/1.0") }
        let extensions = "permessage-deflate; server_no_context_takeover"
        #expect { try check([.secWebSocketExtensions: extensions], compression: false) } throws: {
            "\($0)".contains("none was offered")
        }
    }
}
