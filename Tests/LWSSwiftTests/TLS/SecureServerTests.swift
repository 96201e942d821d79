import LWSSwift
import TestSupport
import Testing

/// What a server with TLS does beyond encrypting: resuming, changing certificates, knowing clients, pausing.
@Suite(.timeLimit(.minutes(2))) struct SecureServerTests {
    private static let made = Task { try await Certificates() }
    private let certificates: Certificates

    init() async throws {
        certificates = try await Self.made.value
    }

    private var configuration: TLSServerConfiguration {
        TLSServerConfiguration(certificateChainFile: certificates.server, privateKeyFile: certificates.serverKey)
    }

    private var clientIdentity: TLSIdentity {
        TLSIdentity(certificateChainFile: certificates.client, privateKeyFile: certificates.clientKey)
    }

    private func client(_ identity: TLSIdentity? = nil) -> WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration.patient
        configuration.tls.trust = .file(certificates.authority)
        configuration.tls.identity = identity
        return configuration
    }

    private func url(_ server: WebSocketServer) -> String {
        "wss://127.0.0.1:\(server.port!)/"
    }

    /// Sends a message, and waits for it to come back.
    private func expectEcho(_ connection: WebSocketConnection, _ text: String) async throws {
        try await connection.send(.text(text))
        var messages = connection.messages.makeAsyncIterator()
        #expect(try await messages.next() == .text(text))
    }

    @Test func `a session that was made on one loop resumes on another`() async throws {
        try await withLoop { first in
            try await withLoop { second in
                var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
                configuration.tls = self.configuration
                let server = try await WebSocketServer.start(configuration, on: [first, second], onConnection: echo)
                let file = certificates.folder + "/session.pem"
                let command = "openssl s_client -connect 127.0.0.1:\(server.port!) -tls1_2"
                #expect(await shell("\(command) -sess_out \(file) | grep '^New, TLSv1.2'"))
                // As long as one is open on the first loop, the next one goes to the second.
                let open = try await WebSocketClient.connect(to: url(server), client(), on: first)
                #expect(await shell("\(command) -sess_in \(file) | grep '^Reused, TLSv1.2'"))
                await open.close()
                await server.shutdown(deadline: .zero)
            }
        }
    }

    @Test func `a certificate is replaced while the server runs`() async throws {
        try await withServer {
            $0.tls = configuration
        } _: { server in
            try await withLoop { loop in
                let early = try await WebSocketClient.connect(to: url(server), client(), on: loop)
                var other = configuration
                other.identity = clientIdentity
                try await server.replaceTLS(other)
                try await expectEcho(early, "with the certificate of before")
                var late = client()
                // A client of the same configuration would resume its session, and be shown no certificate.
                late.tls.verification = .noHostnameVerification
                let connection = try await WebSocketClient.connect(to: url(server), late, on: loop)
                #expect(connection.handshake.peerCertificate?.dnsNames == ["client.example"])

                other.identity.privateKey = .file(certificates.serverKey)
                await #expect(throws: WebSocketError.self) { try await server.replaceTLS(other) }
                try await expectEcho(connection, "still there")
                try await server.replaceTLS(configuration)
                var latest = client()
                latest.tls.identity = clientIdentity
                let third = try await WebSocketClient.connect(to: url(server), latest, on: loop)
                #expect(third.handshake.peerCertificate?.dnsNames == ["localhost"])
            }
        }
    }

    @Test func `whether a certificate and a key can be used is known without a server`() throws {
        try configuration.check()
        var other = configuration
        for key in [PEMSource.file(certificates.clientKey), .file("/nothing.pem"), .memory([])] {
            other.identity.privateKey = key
            let error = #expect(throws: WebSocketError.self) { try other.check() }
            #expect(error?.code == .tls)
        }
    }

    @Test func `a server without TLS is given none`() async throws {
        try await withServer { server in
            let error = await #expect(throws: WebSocketError.self) { try await server.replaceTLS(configuration) }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test func `a server knows its clients by their certificates`() async throws {
        let subjects = Watched<[String?]>([])
        try await withServer {
            $0.tls = configuration
            $0.tls?.clientCertificates = .optional(authorities: .file(certificates.authority))
        } onConnection: { connection in
            subjects.append(connection.handshake.peerCertificate?.subject)
        } _: { server in
            try await withLoop { loop in
                for identity in [nil, clientIdentity] {
                    let connection = try await WebSocketClient.connect(to: url(server), client(identity), on: loop)
                    #expect(connection.handshake.peerCertificate?.subject == "CN=server")
                }
                try await subjects.wait { $0.count == 2 }
                #expect(subjects.value == [nil, "CN=client"])
            }
        }
    }

    @Test(arguments: [100, 20_000])
    func `both ends may be slow within TLS, and nothing is lost`(bytes: Int) async throws {
        let count = 6_000_000 / bytes
        var limits = ConnectionLimits.patient
        limits.inbound = .init(lowBytes: 1_000, highBytes: 3_000)
        try await withServer {
            $0.tls = configuration
            $0.limits = limits
        } onConnection: { connection in
            let connection = connection.connection
            Task {
                for try await message in connection.messages { try await connection.send(message) }
            }
        } _: { server in
            try await withLoop { loop in
                var configuration = client()
                configuration.limits = limits
                let connection = try await WebSocketClient.connect(to: url(server), configuration, on: loop)
                let sender = Task {
                    for number in 0..<count {
                        try await connection.send(.binary(Array(repeating: UInt8(number % 251), count: bytes)))
                    }
                }
                var next = 0
                for try await message in connection.messages {
                    try #require(message == .binary(Array(repeating: UInt8(next % 251), count: bytes)))
                    next += 1
                    if next == count { break }
                }
                try await sender.value
                #expect(next == count)
            }
        }
    }

    @Test func `a server with TLS may start on a loop that has a plain one`() async throws {
        try await withLoop { loop in
            try await withServer(on: loop) { plain in
                try await withServer(on: loop) {
                    $0.tls = configuration
                } _: { secure in
                    for (url, configuration) in [(plain.url, .patient), (url(secure), client())] {
                        let connection = try await WebSocketClient.connect(to: url, configuration, on: loop)
                        try await expectEcho(connection, "hello")
                        await connection.close()
                    }
                }
            }
        }
    }
}
