import Foundation
import HTTPTypes
import LWSSwift
import TestSupport
import Testing

/// `wss:` in both roles, with a certificate authority of the test's own.
@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    private static let certificates = Task { try await Certificates() }
    private let certificates: Certificates

    init() async throws {
        certificates = try await Self.certificates.value
    }

    /// A server with TLS, and the URL at which its certificate is right.
    private func withTLSServer<Result>(
        _ clients: TLSServerConfiguration.ClientCertificates = .none,
        _ configure: (inout WebSocketServer.Configuration) -> Void = { _ in },
        _ body: (_ url: String, _ server: WebSocketServer) async throws -> Result
    ) async throws -> Result {
        try await withServer {
            $0.tls = TLSServerConfiguration(
                certificateChainFile: certificates.server,
                privateKeyFile: certificates.serverKey,
                clientCertificates: clients
            )
            configure(&$0)
        } _: { server in
            try await body("wss://127.0.0.1:\(server.port!)/", server)
        }
    }

    private var trusting: WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration.patient
        configuration.tls.trust = .file(certificates.authority)
        return configuration
    }

    private var identity: TLSIdentity {
        TLSIdentity(certificateChainFile: certificates.client, privateKeyFile: certificates.clientKey)
    }

    private func connect(to url: String, _ configuration: WebSocketClient.Configuration) async throws {
        try await WebSocketClient.connect(to: url, configuration) { connection in
            let message = WebSocketMessage.binary(Array(repeating: 9, count: 300_000))
            try await connection.send(message)
            var messages = connection.messages.makeAsyncIterator()
            #expect(try await messages.next() == message)
        }
    }

    private func expectFailure(
        _ code: WebSocketError.Code,
        _ text: String = "TLS",
        to url: String,
        _ configuration: WebSocketClient.Configuration,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        await #expect(sourceLocation: location) {
            try await connect(to: url, configuration)
        } throws: { error in
            (error as? WebSocketError)?.code == code && "\(error)".contains(text)
        }
    }

    @Test func `messages travel under a certificate of an authority that is trusted`() async throws {
        try await withTLSServer { url, _ in
            try await connect(to: url, trusting)
            try await connect(to: url.replacingOccurrences(of: "127.0.0.1", with: "localhost"), trusting)
        }
    }

    @Test func `an authority that is not trusted is named as the reason`() async throws {
        try await withTLSServer { url, _ in
            await expectFailure(.tls, "certificate", to: url, .init())
            var other = WebSocketClient.Configuration.patient
            other.tls.trust = .file(certificates.client)
            await expectFailure(.tls, "certificate", to: url, other)
        }
    }

    @Test func `a certificate for another host is not accepted`() async throws {
        try await withServer {
            $0.endpoint = .tcp(host: "127.0.0.2", port: 0)
            $0.tls = TLSServerConfiguration(
                certificateChainFile: certificates.server,
                privateKeyFile: certificates.serverKey
            )
        } _: { server in
            await expectFailure(.tls, "certificate", to: "wss://127.0.0.2:\(server.port!)/", trusting)
        }
    }

    @Test func `whoever switches verification off may connect to anybody`() async throws {
        var careless = WebSocketClient.Configuration.patient
        careless.tls.verification = .none
        try await withTLSServer { url, _ in try await connect(to: url, careless) }
    }

    @Test func `a client without a certificate is refused where one is required`() async throws {
        try await withTLSServer(.required(authorities: .file(certificates.authority))) { url, server in
            await #expect(throws: WebSocketError.self) { try await connect(to: url, trusting) }
            #expect(server.connectionCount == 0)
            var known = trusting
            known.tls.identity = identity
            try await connect(to: url, known)
        }
    }

    @Test func `where a certificate is optional both kinds of clients connect`() async throws {
        try await withTLSServer(.optional(authorities: .file(certificates.authority))) { url, _ in
            try await connect(to: url, trusting)
            var known = trusting
            known.tls.identity = identity
            try await connect(to: url, known)
        }
    }

    @Test func `a client shows its certificate to no other origin that it is redirected to`() async throws {
        let shown = Watched<[String]>([])
        @Sendable func note(_ server: String, _ request: HandshakeRequest) {
            shown.update { $0.append("\(server)\(request.path) \(request.peerCertificate?.subject ?? "-")") }
        }
        let authority = TLSServerConfiguration.ClientCertificates.optional(authorities: .file(certificates.authority))
        try await withTLSServer(authority) {
            $0.handshake = { request in
                note("other", request)
                return .accept()
            }
        } _: { other, _ in
            try await withTLSServer(authority) {
                $0.handshake = { request in
                    note("first", request)
                    let next = request.path == "/" ? "/again" : other
                    return .reject(status: .temporaryRedirect, headerFields: [.location: next])
                }
            } _: { first, _ in
                var known = trusting
                known.tls.identity = identity
                known.maximumRedirects = 2
                try await connect(to: first, known)
            }
        }
        #expect(shown.value == ["first/ CN=client", "first/again CN=client", "other/ -"])
    }

    @Test func `TLS goes through a proxy to the server, whose certificate counts`() async throws {
        try await withTLSServer { _, server in
            var configuration = trusting
            for (host, isRight) in [("localhost", true), ("elsewhere.example", false)] {
                let proxy = try RawProxy()
                configuration.proxy = .url("http://127.0.0.1:\(proxy.port)")
                let url = "wss://\(host):\(server.port!)/"
                if isRight {
                    try await connect(to: url, configuration)
                } else {
                    await expectFailure(.tls, "certificate", to: url, configuration)
                }
            }
        }
    }

    @Test func `TLS older than 1.2 is refused`() async throws {
        try await withTLSServer { _, server in
            for (version, isAccepted) in [("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)] {
                let options = "\(version) -cipher DEFAULT:@SECLEVEL=0 -connect 127.0.0.1:\(server.port!)"
                #expect(await shell("openssl s_client \(options)") == isAccepted, "\(version)")
            }
        }
    }

    @Test func `plain bytes on a TLS port end their own connection only`() async throws {
        try await withTLSServer { url, server in
            let peer = try RawPeer(port: server.port!)
            try await peer.write(RawRequest().bytes)
            #expect(try await peer.readToEnd().starts(with: "HTTP/1.1 101".utf8) == false)
            try await connect(to: url, trusting)
        }
    }

    @Test func `a TLS handshake that is never finished is ended in time`() async throws {
        try await withServer {
            $0.limits.handshakeTimeout = .milliseconds(300)
            $0.tls = TLSServerConfiguration(
                certificateChainFile: certificates.server,
                privateKeyFile: certificates.serverKey
            )
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            // The beginning of a TLS record.
            try await peer.write([0x16, 0x03, 0x01])
            #expect(try await peer.readToEnd() == [])
        }
    }

    @Test func `files that cannot be used are named when the server starts`() async throws {
        for (chain, key, text) in [
            ("/nonexistent.pem", certificates.serverKey, "/nonexistent.pem"),
            (certificates.server, "/nonexistent.key", "/nonexistent.key"),
            (certificates.server, certificates.clientKey, "TLS"),
        ] {
            await #expect {
                try await withServer {
                    $0.tls = TLSServerConfiguration(certificateChainFile: chain, privateKeyFile: key)
                } _: { _ in
                }
            } throws: { error in
                (error as? WebSocketError)?.code == .tls && "\(error)".contains(text)
            }
        }
    }

    @Test func `ws to a TLS port and wss to a plain one fail with a reason`() async throws {
        try await withTLSServer { url, _ in
            await expectFailure(.invalidHandshake, "TLS", to: url.replacingOccurrences(of: "wss", with: "ws"), .init())
        }
        try await withServer { server in
            await expectFailure(.tls, to: "wss://127.0.0.1:\(server.port!)/", trusting)
        }
    }

    @Test func `loops with TLS clients come and go side by side`() async throws {
        try await withTLSServer { url, _ in
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { for _ in 0..<3 { try await connect(to: url, trusting) } }
                }
                try await group.waitForAll()
            }
        }
    }
}
