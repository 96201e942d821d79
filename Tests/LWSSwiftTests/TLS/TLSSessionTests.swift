import CLibWebSockets
import TestSupport
import Testing

@testable import LWSSwift

/// Sessions of both roles back to back in memory.
@Suite(.timeLimit(.minutes(2))) struct TLSSessionTests {
    private static let made = Task { try await Certificates() }
    private let certificates: Certificates
    private let server: TLSContext
    private let client: TLSContext

    init() async throws {
        certificates = try await Self.made.value
        server = try .server(Self.configuration(certificates))
        client = try .client(TLSClientConfiguration(trust: .file(certificates.authority)))
    }

    private static func configuration(_ certificates: Certificates) -> TLSServerConfiguration {
        TLSServerConfiguration(certificateChainFile: certificates.server, privateKeyFile: certificates.serverKey)
    }

    private func serverContext(_ clients: TLSServerConfiguration.ClientCertificates) throws -> TLSContext {
        var configuration = Self.configuration(certificates)
        configuration.clientCertificates = clients
        return try .server(configuration)
    }

    private func clientContext(_ change: (inout TLSClientConfiguration) -> Void) throws -> TLSContext {
        var configuration = TLSClientConfiguration(trust: .file(certificates.authority))
        change(&configuration)
        return try .client(configuration)
    }

    private var identity: TLSIdentity {
        TLSIdentity(certificateChainFile: certificates.client, privateKeyFile: certificates.clientKey)
    }

    // MARK: Handshake

    @Test(arguments: [1, 7, 4_096, 32_768])
    func `both ends are secured once, however the bytes are cut`(readBytes: Int) throws {
        var pair = try TLSPair(client, server)
        pair.readBytes = readBytes
        #expect(pair.connect())
        #expect(pair.client.securedCount == 1 && pair.server.securedCount == 1)
        #expect(pair.client.session.version == "TLSv1.3")
        #expect(pair.client.write(Array("ping".utf8)) && pair.server.write(Array("pong".utf8)))
        pair.pump()
        #expect(pair.server.received == Array("ping".utf8))
        #expect(pair.client.received == Array("pong".utf8))
        #expect(pair.client.ends.isEmpty && pair.server.ends.isEmpty)
    }

    @Test func `an address is verified like a name`() throws {
        #expect(try TLSPair(client, server, hostName: "127.0.0.1").connect())
        #expect(try TLSPair(client, server, hostName: "localhost.").connect())
    }

    @Test func `nothing can be written before the handshake is done`() throws {
        let pair = try TLSPair(client, server)
        #expect(!pair.client.write([1]))
        #expect(pair.client.session.failureAtEnd != nil)
        #expect(pair.connect())
        #expect(pair.client.session.failureAtEnd == nil)
    }

    @Test(arguments: [("other.example", "hostname mismatch"), ("127.0.0.2", "IP address mismatch")])
    func `another host than the certificate is for is refused, and both are named`(host: String, text: String) throws {
        let pair = try TLSPair(client, server, hostName: host)
        #expect(!pair.connect())
        let failure = try #require(pair.client.failure)
        #expect(failure.contains("certificate") && failure.contains(text) && failure.contains("localhost, 127.0.0.1"))
        #expect(try #require(pair.server.failure).contains("alert \"bad certificate\""))
        let lenient = try clientContext { $0.verification = .noHostnameVerification }
        #expect(try TLSPair(lenient, server, hostName: host).connect())
    }

    @Test func `an authority that is not trusted is refused`() throws {
        for verification in [TLSClientConfiguration.Verification.full, .noHostnameVerification] {
            let context = try clientContext {
                $0.trust = .file(certificates.client)
                $0.verification = verification
            }
            let pair = try TLSPair(context, server)
            #expect(!pair.connect())
            #expect(try #require(pair.client.failure).contains("(CN=server, signed by CN=Test authority)"))
        }
        #expect(try TLSPair(clientContext { $0.verification = .none }, server, hostName: "a.example").connect())
    }

    @Test func `an expired certificate is refused, and worth a notice where it is used`() throws {
        var configuration = Self.configuration(certificates)
        configuration.identity.certificateChain = .file(certificates.expired)
        let expired = try TLSContext.server(configuration)
        #expect(expired.notice?.contains("has expired") == true)
        #expect(server.notice == nil)
        let pair = try TLSPair(client, expired)
        #expect(!pair.connect())
        #expect(try #require(pair.client.failure).contains("has expired"))
    }

    @Test func `what is not TLS is told apart from what is`() throws {
        for (bytes, text) in [
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "speaks HTTP without TLS"),
            ("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{9}garbage", "is not TLS"),
        ] {
            let pair = try TLSPair(client, server)
            pair.server.receive(bytes.utf8)
            #expect(try #require(pair.server.failure).contains(text))
            #expect(pair.server.ends.count == 1)
            // What comes later changes nothing.
            pair.server.receive(bytes.utf8)
            #expect(pair.server.ends.count == 1 && !pair.server.write([1]))
        }
        let pair = try TLSPair(client, server)
        pair.client.session.start()
        pair.client.receive("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        #expect(try #require(pair.client.failure).contains("is not TLS"))
    }

    // MARK: Client certificates

    @Test func `a client without a certificate is refused where one is required`() throws {
        let strict = try serverContext(.required(authorities: .file(certificates.authority)))
        let pair = try TLSPair(client, strict)
        pair.connect()
        #expect(try #require(pair.server.failure).contains("shows no certificate"))
        #expect(try #require(pair.client.failure).contains("certificate required"))

        let known = try TLSPair(clientContext { $0.identity = identity }, strict)
        #expect(known.connect())
        #expect(known.server.peerCertificate?.subject == "CN=client")

        let stranger = try serverContext(.required(authorities: .file(certificates.client)))
        let refused = try TLSPair(clientContext { $0.identity = identity }, stranger)
        refused.connect()
        #expect(try #require(refused.server.failure).contains("certificate is not accepted"))
    }

    @Test func `an optional certificate is known when it is shown`() throws {
        let optional = try serverContext(.optional(authorities: .file(certificates.authority)))
        let anonymous = try TLSPair(client, optional)
        #expect(anonymous.connect() && anonymous.server.peerCertificate == nil)
        let known = try TLSPair(clientContext { $0.identity = identity }, optional)
        #expect(known.connect())
        let certificate = try #require(known.server.peerCertificate)
        #expect(certificate.issuer == "CN=Test authority")
        #expect(certificate.dnsNames == ["client.example"])
        #expect(certificate.sha256.count == 32 && certificate.fingerprint.count == 64)
        #expect(certificate.notAfter - certificate.notBefore == 2 * 86_400)
        #expect(certificate.derBytes.starts(with: [0x30, 0x82]))
        #expect(PeerCertificate(derBytes: Array(certificate.derBytes.dropLast())) == nil)
        let shown = try #require(known.client.peerCertificate)
        #expect(shown.dnsNames == ["localhost"] && shown.ipAddresses == ["127.0.0.1"])
    }

    // MARK: Data and ends

    @Test(arguments: [1, 16_384, 16_385, 3_000_000])
    func `a write goes out whole, and arrives in order`(count: Int) throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        #expect(pair.server.write(bytes))
        pair.pump()
        #expect(pair.client.received == bytes)
        #expect(pair.client.pieces == (count + 16_383) / 16_384)
    }

    @Test func `a transport that pauses gets the rest when it resumes`() throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        var allowance = 1
        pair.client.wantsMore = { $0.pieces < allowance }
        for byte in 0..<9 { #expect(pair.server.write(Array(repeating: UInt8(byte), count: 1_000))) }
        pair.pump()
        #expect(pair.client.pieces == 1 && pair.client.session.isHoldingInput)
        for pieces in [1, 3, 9] {
            allowance = pieces
            pair.client.session.resume()
            #expect(pair.client.pieces == pieces && pair.client.session.isHoldingInput == (pieces < 9))
        }
        #expect(pair.client.received == (0..<9).flatMap { Array(repeating: UInt8($0), count: 1_000) })
    }

    @Test func `pausing within a record loses nothing`() throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        pair.client.wantsMore = { $0.pieces == 0 }
        #expect(
            pair.server.write(Array(repeating: 1, count: 100)) && pair.server.write(Array(repeating: 2, count: 16_000))
        )
        let bytes = pair.server.outgoing
        pair.server.outgoing = []
        // The first record and a part of the second; lws may bring one read more after it was told to stop.
        pair.client.receive(bytes.prefix(5_000))
        #expect(pair.client.received.count == 100 && pair.client.session.isHoldingInput)
        pair.client.receive(bytes.dropFirst(5_000).prefix(5_000))
        #expect(pair.client.received.count == 100)
        pair.client.session.resume()
        #expect(pair.client.session.isHoldingInput)
        pair.client.wantsMore = { _ in true }
        pair.client.session.resume()
        #expect(pair.client.received.count == 100 && !pair.client.session.isHoldingInput)
        pair.client.receive(bytes.dropFirst(10_000))
        #expect(pair.client.received == Array(repeating: 1, count: 100) + Array(repeating: 2, count: 16_000))
    }

    @Test func `a transport may pause as soon as it is secured`() throws {
        let pair = try TLSPair(client, server)
        pair.server.wantsMore = { _ in false }
        pair.client.session.start()
        pair.server.receive(pair.client.outgoing)
        pair.client.outgoing = []
        pair.client.receive(pair.server.outgoing)
        pair.server.outgoing = []
        // The client's last flight and its first words in one read.
        #expect(pair.client.write(Array("at once".utf8)))
        pair.server.receive(pair.client.outgoing)
        #expect(pair.server.securedCount == 1 && pair.server.pieces == 0)
        pair.server.wantsMore = { _ in true }
        pair.server.session.resume()
        #expect(pair.server.received == Array("at once".utf8))
    }

    @Test func `whoever is in a call may resume, write and be handed over`() throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        let successor = pair.client
        pair.server.onPlaintext = { endpoint in
            endpoint.session.resume()
            _ = endpoint.write(endpoint.received)
            unsafe endpoint.session.transport = successor
        }
        #expect(pair.client.write([1]) && pair.client.write([2]))
        pair.server.receive(pair.client.outgoing)
        pair.client.outgoing = []
        #expect(pair.server.received == [1])
        #expect(pair.client.received == [2])
    }

    @Test func `close_notify ends reading, and writing goes on`() throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        #expect(pair.client.write([7]))
        pair.client.session.closeNotify()
        pair.client.session.closeNotify()
        #expect(!pair.client.write([8]))
        pair.pump()
        #expect(pair.server.received == [7] && pair.server.isClosedByPeer && pair.server.ends.count == 1)
        #expect(pair.server.write([9]))
        pair.pump()
        #expect(pair.client.received == [9])
    }

    @Test func `a record that was changed on the way ends the session`() throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        #expect(pair.client.write(Array(repeating: 0, count: 50)))
        pair.client.outgoing[20] ^= 1
        pair.pump()
        #expect(pair.server.received.isEmpty)
        #expect(try #require(pair.server.failure).contains("bad record mac"))
        #expect(try #require(pair.client.failure).contains("alert \"bad record mac\""))
    }

    @Test func `a transport that is dead makes writing fail, also in the handshake`() throws {
        let pair = try TLSPair(client, server)
        try #require(pair.connect())
        pair.client.isAlive = false
        #expect(!pair.client.write([1]) && !pair.client.session.isSecured)
        let early = try TLSPair(client, server)
        early.client.isAlive = false
        early.client.session.start()
        #expect(early.client.failure != nil && early.client.ends.count == 1)
    }

    private func leaveError() {
        SSL_CTX_use_certificate(nil, nil)
    }

    @Test func `errors that others leave on the thread do not count`() throws {
        let pair = try TLSPair(client, server)
        pair.server.onPlaintext = { _ in leaveError() }
        try #require(pair.connect())
        for _ in 0..<3 { #expect(pair.client.write([1])) }
        pair.pump()
        #expect(pair.server.received == [1, 1, 1])
    }
}
