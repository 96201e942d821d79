import TestSupport
import Testing

@testable import LWSSwift

/// Which configurations can be used, and what is said about the others.
@Suite(.timeLimit(.minutes(2))) struct TLSConfigurationTests {
    private static let made = Task { try await Certificates() }
    private let certificates: Certificates

    init() async throws {
        certificates = try await Self.made.value
    }

    private func expectFailure(
        _ texts: String...,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout TLSServerConfiguration) throws -> Void
    ) throws {
        var configuration = TLSServerConfiguration(
            certificateChainFile: certificates.server,
            privateKeyFile: certificates.serverKey
        )
        try change(&configuration)
        let error = #expect(throws: WebSocketError.self, sourceLocation: sourceLocation) {
            try TLSContext.server(configuration)
        }
        #expect(error?.code == .tls, sourceLocation: sourceLocation)
        for text in texts {
            #expect(error?.message.contains(text) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        }
    }

    @Test func `a file that cannot be used is named, with the reason`() throws {
        try expectFailure("certificate chain", "/nonexistent.pem", "No such file") {
            $0.identity.certificateChain = .file("/nonexistent.pem")
        }
        try expectFailure("private key", "/nonexistent.key", "No such file") {
            $0.identity.privateKey = .file("/nonexistent.key")
        }
        try expectFailure("certificate authorities", "/nonexistent.ca") {
            $0.clientCertificates = .optional(authorities: .file("/nonexistent.ca"))
        }
        try expectFailure("certificate chain", "/tmp", "directory") { $0.identity.certificateChain = .file("/tmp") }
        try expectFailure("no certificate", certificates.serverKey) {
            $0.identity.certificateChain = .file(certificates.serverKey)
        }
        try expectFailure("no private key", certificates.server) { $0.identity.privateKey = .file(certificates.server) }
        try expectFailure("passphrase", certificates.encryptedKey) {
            $0.identity.privateKey = .file(certificates.encryptedKey)
        }
        try expectFailure("does not belong", certificates.clientKey, certificates.server) {
            $0.identity.privateKey = .file(certificates.clientKey)
        }
    }

    @Test func `a damaged certificate is not passed over`() throws {
        let good = try PEMSource.file(certificates.server).read("test")
        var bad = good + good
        bad[good.count + 100] = UInt8(ascii: "!")
        try expectFailure("damaged", "bytes in memory") { $0.identity.certificateChain = .memory(bad) }
        try expectFailure("no certificate") { $0.identity.certificateChain = .memory([]) }
        try expectFailure("no certificate") { $0.clientCertificates = .required(authorities: .memory([])) }
    }

    @Test func `certificates and keys may come from memory`() throws {
        func memory(_ file: String) throws -> PEMSource { .memory(try PEMSource.file(file).read("test")) }
        let server = try TLSContext.server(
            TLSServerConfiguration(
                identity: TLSIdentity(
                    certificateChain: memory(certificates.server),
                    privateKey: memory(certificates.serverKey)
                ),
                clientCertificates: .required(authorities: memory(certificates.authority))
            )
        )
        let client = try TLSContext.client(
            TLSClientConfiguration(
                trust: .authorities(memory(certificates.authority)),
                identity: TLSIdentity(
                    certificateChain: memory(certificates.client),
                    privateKey: memory(certificates.clientKey)
                )
            )
        )
        #expect(try TLSPair(client, server).connect())
    }

    @Test func `a client's configuration is checked as well`() throws {
        #expect(throws: WebSocketError.self) {
            try TLSContext.client(TLSClientConfiguration(trust: .file("/nonexistent.pem")))
        }
        #expect(throws: WebSocketError.self) {
            try TLSContext.client(
                TLSClientConfiguration(
                    identity: TLSIdentity(
                        certificateChainFile: certificates.client,
                        privateKeyFile: certificates.serverKey
                    )
                )
            )
        }
        _ = try TLSContext.client(TLSClientConfiguration())
    }

    @Test func `a description says nothing of what may be a key`() throws {
        let source = PEMSource.memory(Array("secret".utf8))
        var dumped = ""
        dump(TLSIdentity(certificateChain: source, privateKey: source), to: &dumped)
        for text in ["\(source)", String(reflecting: source), dumped] {
            #expect(text.contains("6 bytes in memory") && !text.contains("115"))
        }
    }
}
