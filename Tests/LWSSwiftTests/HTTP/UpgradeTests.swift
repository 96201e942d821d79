import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// The handshake hook, and what becomes of a connection while it decides.
@Suite(.timeLimit(.minutes(1))) struct UpgradeTests {
    @Test func `a field whose name others begin with hides none behind it`() async throws {
        try await withServer {
            $0.handshake = { $0.origin == nil ? .accept() : .reject(status: .forbidden) }
        } _: { server in
            for name in ["Auth", "X-Auth", "User", "Content", "X-Forwarded", "Proxy-Auth", "X"] {
                let peer = try RawPeer(port: server.port!)
                let fields = ["\(name): v", "Origin: http://evil.example"]
                try await peer.write(RawRequest(fields: fields + RawRequest.requiredFields).bytes)
                #expect(try await RawAnswer(from: peer).status == 403, "\(name)")
                _ = try await RawPeer.upgraded(port: server.port!, fields: ["\(name): v"])
            }
        }
    }

    @Test func `the hook may decide later, and what comes meanwhile is kept`() async throws {
        let decisions = Watched(false)
        let asked = Watched(0)
        try await withServer {
            $0.handshake = { request in
                .deferred {
                    asked.update { $0 += 1 }
                    try? await decisions.wait { $0 }
                    return request.path == "/no" ? .reject(status: .forbidden, body: "no") : .accept(userInfo: 7)
                }
            }
        } onConnection: { connection in
            #expect(connection.handshake.userInfo as? Int == 7)
            echo(connection)
        } _: { server in
            let accepted = try RawPeer(port: server.port!)
            try await accepted.write(RawRequest(path: "/yes").bytes + RawFrame.text("early").encoded(masked: true))
            let refused = try RawPeer(port: server.port!)
            try await refused.write(RawRequest(path: "/no").bytes)
            try await asked.wait { $0 == 2 }
            try await accepted.send(.text("later"))
            #expect(server.connectionCount == 0)
            decisions.update { $0 = true }
            #expect(try await accepted.readHead().hasPrefix("HTTP/1.1 101 "))
            #expect(try await accepted.receive() == .text("early"))
            #expect(try await accepted.receive() == .text("later"))
            let answer = try await RawAnswer(from: refused)
            #expect(answer.status == 403 && answer.text == "no")
        }
    }

    @Test func `a decision that needs no waiting is taken at once`() async throws {
        try await withServer {
            $0.handshake = { _ in .deferred { .deferred { .accept() } } }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!)
            try await peer.send(.text("hello"))
            #expect(try await peer.receive() == .text("hello"))
        }
    }

    @Test func `a decision that takes too long is not waited for, by either side`() async throws {
        let ends = Watched(0)
        try await withServer {
            $0.limits.handshakeTimeout = .milliseconds(300)
            $0.handshake = { _ in
                .deferred {
                    try? await Task.sleep(for: .seconds(3_600))
                    ends.update { $0 += 1 }
                    return .accept()
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(RawRequest().bytes)
            #expect(try await RawAnswer(from: peer).status == 503)
            try await ends.wait { $0 == 1 }
        }
        try await withServer {
            $0.handshake = { _ in
                .deferred {
                    try? await Task.sleep(for: .seconds(3_600))
                    ends.update { $0 += 1 }
                    return .accept()
                }
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(RawRequest().bytes)
            try await server.loop.run {}
            await peer.end()
            try await ends.wait { $0 == 2 }
        }
    }

    @Test func `a request may be kept beyond the call of the hook`() async throws {
        let kept = Watched<HandshakeRequest?>(nil)
        try await withServer {
            $0.handshake = { request in
                kept.update { $0 = request }
                return .accept()
            }
        } _: { server in
            let peer = try await RawPeer.upgraded(port: server.port!, path: "/a?b", fields: ["X-Room: 7", "X-Room: 8"])
            try await peer.close()
        }
        let request = try #require(kept.value)
        #expect(request.path == "/a" && request.query == "b" && request.host == "localhost")
        #expect(request[HTTPField.Name("X-Room")!] == "7, 8")
        #expect(request.headerFields.count == 7)
    }

    @Test func `the host of a whole URL counts`() async throws {
        let hosts = Watched<[String]>([])
        try await withServer {
            $0.handshake = { request in
                hosts.append(request.host ?? "")
                return .accept()
            }
        } _: { server in
            _ = try await RawPeer.upgraded(port: server.port!, path: "http://chat.example:8088/a")
        }
        #expect(hosts.value == ["chat.example:8088"])
    }
}
