import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// Whose a socket is, and whether it is served.
@Suite(.timeLimit(.minutes(1))) struct SocketGateTests {
    @Test func `a socket that is not admitted is closed, and one that was is told of when it has gone`() async throws {
        let state = Watched((open: 0, ended: 0))
        try await withServer { configuration in
            configuration.gate = SocketGate(
                admits: { address in
                    #expect(address?.host == "127.0.0.1")
                    guard state.value.open < 2 else { return false }
                    state.update { $0.open += 1 }
                    return true
                },
                ended: { _ in
                    state.update { state in
                        state.open -= 1
                        state.ended += 1
                    }
                }
            )
        } _: { server in
            // One that never says anything counts as well as one that is a connection.
            let silent = try RawPeer(port: server.port!)
            try await state.wait { $0.open == 1 }
            let peer = try await RawPeer.upgraded(port: server.port!)
            let third = try RawPeer(port: server.port!)
            #expect(try await third.readToEnd() == [])
            await silent.end()
            try await state.wait { $0.ended == 1 }
            let next = try await RawPeer.upgraded(port: server.port!)
            try await next.close()
            try await peer.close()
            try await state.wait { $0.ended == 3 && $0.open == 0 }
        }
    }

    @Test func `a proxy's word is taken for the client's address`() async throws {
        let addresses = Watched<[String]>([])
        try await withServer { configuration in
            configuration.clientAddress = { peer, field in
                field(.userAgent).flatMap { SocketAddress(host: $0, port: 0) } ?? peer
            }
            configuration.http = { request in
                addresses.append(request.remoteAddress?.description ?? "none")
                return HTTPServerResponse(status: .noContent)
            }
        } onConnection: { connection in
            addresses.append(connection.handshake.remoteAddress?.description ?? "none")
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: 192.0.2.7\r\n\r\n")
            #expect(try await peer.readHead().hasPrefix("HTTP/1.1 204"))
            let other = try await RawPeer.upgraded(port: server.port!, fields: ["User-Agent: 2001:db8::7"])
            try await other.close()
            #expect(addresses.value == ["192.0.2.7", "2001:db8::7"])
        }
    }

    /// A server whose peers begin with a header, that tells whose a request is.
    private func withProxiedServer(
        _ configure: (inout WebSocketServer.Configuration) -> Void = { _ in },
        _ body: (WebSocketServer, Watched<[String]>) async throws -> Void
    ) async throws {
        let refusals = Watched<[String]>([])
        try await withServer { configuration in
            configuration.proxyProtocol = ProxyProtocol(onRefusal: { refusals.append($1) })
            configuration.http = { request in
                HTTPServerResponse(text: request.remoteAddress?.host ?? "none")
            }
            configure(&configuration)
        } _: { server in
            try await body(server, refusals)
        }
    }

    private static let request = Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

    @Test func `the header of the PROXY protocol says whose a connection is`() async throws {
        try await withProxiedServer { server, refusals in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(ProxyHeaderTests.header() + Self.request)
            #expect(String(decoding: try await peer.readToEnd(), as: UTF8.self).hasSuffix("192.0.2.1"))
            let slow = try RawPeer(port: server.port!)
            await slow.writeEachByte(of: ProxyHeaderTests.header()[...], then: Self.request[...])
            #expect(String(decoding: try await slow.readToEnd(), as: UTF8.self).hasSuffix("192.0.2.1"))
            let local = try RawPeer(port: server.port!)
            try await local.write(ProxyHeaderTests.header(0x20, 0, []) + Self.request)
            #expect(String(decoding: try await local.readToEnd(), as: UTF8.self).hasSuffix("127.0.0.1"))
            #expect(refusals.value.isEmpty)
        }
    }

    @Test func `a connection that begins otherwise is closed, and told of`() async throws {
        try await withProxiedServer { server, refusals in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(Self.request)
            #expect(try await peer.readToEnd() == [])
            #expect(refusals.value == ["no PROXY header of version 2"])
        }
    }

    @Test func `one that does not come in time is closed, and told of`() async throws {
        try await withProxiedServer {
            $0.limits.handshakeTimeout = .milliseconds(200)
        } _: { server, refusals in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(Array(ProxyHeaderTests.header().dropLast()))
            #expect(try await peer.readToEnd() == [])
            #expect(refusals.value == ["no PROXY header in time"])
        }
    }

    @Test func `of others no header is expected`() async throws {
        try await withProxiedServer {
            $0.proxyProtocol = ProxyProtocol(isExpected: { $0?.host != "127.0.0.1" })
        } _: { server, _ in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(Self.request)
            #expect(String(decoding: try await peer.readToEnd(), as: UTF8.self).hasSuffix("127.0.0.1"))
        }
    }

    @Test func `the gate is asked about whom the header names`() async throws {
        let asked = Watched<[String]>([])
        let ended = Watched<[String]>([])
        try await withProxiedServer {
            $0.gate = SocketGate(
                admits: { address in
                    asked.append(address?.host ?? "none")
                    return address?.host != "192.0.2.1"
                },
                ended: { ended.append($0?.host ?? "none") }
            )
        } _: { server, _ in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(ProxyHeaderTests.header() + Self.request)
            #expect(try await peer.readToEnd() == [])
            let other = try RawPeer(port: server.port!)
            try await other.write(ProxyHeaderTests.header(0x21, 0x21, ProxyHeaderTests.wide) + Self.request)
            #expect(String(decoding: try await other.readToEnd(), as: UTF8.self).hasSuffix("2001:db8::1"))
            await other.end()
            try await ended.wait { $0.count == 1 }
            #expect(asked.value == ["192.0.2.1", "2001:db8::1"])
            #expect(ended.value == ["2001:db8::1"])
        }
    }
}
