import LWSSwift
import TestSupport
import Testing

/// RFC 6455 section 4.2: what a server takes for an opening handshake, and what it answers.
@Suite(.timeLimit(.minutes(1))) struct OpeningHandshakeServerTests {
    /// A request that differs from a right one, and the status of the answer.
    struct Request: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: RawRequest
        let status: Int

        init(_ name: String, _ request: RawRequest, _ status: Int) {
            testDescription = name
            self.request = request
            self.status = status
        }

        /// With lines in place of those of the same name; one that ends with a colon removes it.
        init(_ name: String, _ fields: [String], _ status: Int) {
            var lines = RawRequest.requiredFields
            for field in fields {
                let name = field.prefix { $0 != ":" } + ":"
                lines.removeAll { $0.hasPrefix(name) }
                if field != name { lines.append(field) }
            }
            self.init(name, RawRequest(fields: lines), status)
        }
    }

    static let accepted: [Request] = [
        Request("the least there may be", [], 101),
        Request(
            "names of fields in other cases",
            [
                "Upgrade:", "upgrade: websocket", "Connection:", "CONNECTION: Upgrade", "Sec-WebSocket-Key:",
                "sec-websocket-key: \(RawRequest.key)",
            ],
            101
        ),
        Request("values in other cases", ["Upgrade: WebSocket", "Connection: UPGRADE"], 101),
        Request("Connection as Firefox sends it", ["Connection: keep-alive, Upgrade"], 101),
        Request("spaces around values", ["Upgrade:   websocket", "Connection:  Upgrade\t"], 101),
        Request("a path and a query", RawRequest(path: "/chat/room%201?user=%C3%A9&x"), 101),
        Request("an extension that nobody knows", ["Sec-WebSocket-Extensions: foo; bar=\"baz\", permessage-x"], 101),
        Request(
            "more extensions than lws takes",
            ["Sec-WebSocket-Extensions: \(String(repeating: "a,", count: 200))b"],
            101
        ),
        Request(
            "a subprotocol longer than lws takes",
            ["Sec-WebSocket-Protocol: \(String(repeating: "a", count: 200))"],
            101
        ),
        Request("an Upgrade among others", ["Upgrade: h2c, websocket"], 101),
        Request("a whole URL for its target", RawRequest(path: "ws://localhost/chat?x"), 101),
        Request("subprotocols, of which none is chosen", ["Sec-WebSocket-Protocol: chat, superchat"], 101),
        Request("fields that nobody knows", ["X-Anything: goes", "Cookie: a=b; c=d"], 101),
    ]

    @Test(arguments: accepted)
    func `a right handshake is answered with 101 and the digest of its key`(row: Request) async throws {
        try await withServer { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(row.request.bytes)
            let lines = try await peer.readHead().lowercased().split(separator: "\r\n").map(String.init)
            #expect(lines.first == "http/1.1 101 switching protocols")
            #expect(lines.contains("upgrade: websocket"))
            #expect(lines.contains("connection: upgrade"))
            #expect(lines.contains("sec-websocket-accept: \(RawRequest.accept.lowercased())"))
            // Nothing that was not agreed on.
            #expect(!lines.contains { $0.hasPrefix("sec-websocket-extensions") })
            #expect(!lines.contains { $0.hasPrefix("sec-websocket-protocol") })
            try await peer.send(.text("hello"))
            #expect(try await peer.receive() == .text("hello"))
        }
    }

    static let refused: [Request] = [
        Request("no upgrade", ["Upgrade:", "Connection:"], 426),
        Request(
            "another method",
            RawRequest(method: "POST", fields: RawRequest.requiredFields + ["Content-Length: 0"]),
            405
        ),
        Request("HTTP/1.0", RawRequest(version: "HTTP/1.0"), 505),
        Request("a method in lower case", RawRequest(method: "get"), 405),
        Request("no host", ["Host:"], 400),
        Request("two hosts", RawRequest(fields: RawRequest.requiredFields + ["Host: localhost"]), 400),
        Request("a host with a space", ["Host: local host"], 400),
        // A server may ignore what it does not speak (RFC 9110 section 7.8): these are plain requests.
        Request("another Upgrade", ["Upgrade: h2c"], 426),
        Request("an Upgrade that only begins so", ["Upgrade: websocket2"], 426),
        Request("no Connection", ["Connection:"], 400),
        Request("a Connection without Upgrade", ["Connection: keep-alive"], 400),
        Request("a Connection with another token", ["Connection: Upgraded"], 400),
        Request("no version", ["Sec-WebSocket-Version:"], 426),
        Request("version 8", ["Sec-WebSocket-Version: 8"], 426),
        Request("version 14", ["Sec-WebSocket-Version: 14"], 426),
        Request("a version that only begins so", ["Sec-WebSocket-Version: 130"], 426),
        Request("no key", ["Sec-WebSocket-Key:"], 400),
        Request("an empty key", ["Sec-WebSocket-Key: "], 400),
        Request("a key of 15 bytes", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"], 400),
        Request("a key of 17 bytes", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA="], 400),
        Request("a key that is no base64", ["Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="], 400),
        Request("a subprotocol that is no token", ["Sec-WebSocket-Protocol: a(b)"], 400),
        Request("subprotocols of nothing", ["Sec-WebSocket-Protocol: ,"], 400),
        Request("extensions of nothing", ["Sec-WebSocket-Extensions: ,"], 400),
        Request("an extension without a name", ["Sec-WebSocket-Extensions: ;x"], 400),
    ]

    @Test(arguments: refused)
    func `a wrong handshake is refused, and the next client is served`(row: Request) async throws {
        try await withServer { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(row.request.bytes)
            let head = try await peer.readHead()
            #expect(head.split(separator: " ").dropFirst().first == "\(row.status)", "\(head)")
            if row.status == 426 {
                #expect(head.lowercased().contains("sec-websocket-version: 13\r\n"))
                #expect(head.lowercased().contains("upgrade: websocket\r\n"))
            }
            #expect(!head.lowercased().contains("sec-websocket-accept"))
            let other = try await RawPeer.upgraded(port: server.port!)
            try await other.send(.text("hello"))
            #expect(try await other.receive() == .text("hello"))
        }
    }

    @Test func `frames that follow the request at once are not lost`() async throws {
        try await withServer { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(RawRequest().bytes + RawFrame.text("early").encoded(masked: true))
            #expect(try await peer.readHead().hasPrefix("HTTP/1.1 101 "))
            #expect(try await peer.receive() == .text("early"))
        }
    }

    @Test func `a request that arrives byte by byte is a request`() async throws {
        try await withServer { server in
            let peer = try RawPeer(port: server.port!)
            await peer.writeEachByte(of: RawRequest().bytes[...], then: [])
            #expect(try await peer.readHead().hasPrefix("HTTP/1.1 101 "))
            try await peer.send(.text("hello"))
            #expect(try await peer.receive() == .text("hello"))
        }
    }
}
