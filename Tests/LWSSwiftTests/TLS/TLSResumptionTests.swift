import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LWSSwift

/// Sessions that go on where an earlier one ended.
@Suite(.timeLimit(.minutes(2))) struct TLSResumptionTests {
    private static let made = Task { try await Certificates() }
    private let certificates: Certificates

    init() async throws {
        certificates = try await Self.made.value
    }

    private func configuration(
        _ clients: TLSServerConfiguration.ClientCertificates = .none
    ) -> TLSServerConfiguration {
        TLSServerConfiguration(
            certificateChainFile: certificates.server,
            privateKeyFile: certificates.serverKey,
            clientCertificates: clients
        )
    }

    private func client(_ identity: TLSIdentity? = nil) throws -> TLSContext {
        try .client(TLSClientConfiguration(trust: .file(certificates.authority), identity: identity))
    }

    private var identity: TLSIdentity {
        TLSIdentity(certificateChainFile: certificates.client, privateKeyFile: certificates.clientKey)
    }

    /// Connects, and says whether a session was resumed.
    private func resumes(
        _ client: TLSContext,
        _ server: TLSContext,
        hostName: String = "localhost",
        port: Int = 443,
        _ check: (TLSPair) -> Void = { _ in }
    ) throws -> Bool {
        let pair = try TLSPair(client, server, hostName: hostName, port: port)
        try #require(pair.connect())
        #expect(pair.client.session.isResumed == pair.server.session.isResumed)
        check(pair)
        let isResumed = pair.client.session.isResumed
        pair.client.drop()
        pair.server.drop()
        return isResumed
    }

    @Test func `a client that comes back resumes, again and again`() throws {
        let server = try TLSContext.server(configuration())
        let client = try client()
        #expect(try !resumes(client, server))
        for _ in 0..<3 { #expect(try resumes(client, server)) }
    }

    @Test func `a session belongs to its host and port`() throws {
        let server = try TLSContext.server(configuration())
        let client = try client()
        #expect(try !resumes(client, server))
        #expect(try !resumes(client, server, hostName: "127.0.0.1"))
        #expect(try !resumes(client, server, port: 444))
        #expect(try resumes(client, server))
    }

    @Test func `a server knows a resumed client by its certificate`() throws {
        let server = try TLSContext.server(configuration(.required(authorities: .file(certificates.authority))))
        let client = try client(identity)
        for isResumed in [false, true, true] {
            let result = try resumes(client, server) {
                #expect($0.server.peerCertificate?.subject == "CN=client")
                #expect($0.client.peerCertificate?.dnsNames == ["localhost"])
            }
            #expect(result == isResumed)
        }
    }

    @Test func `sessions outlive a new certificate, but not another policy`() throws {
        let slot = TLSContextSlot(try .server(configuration()))
        let client = try client(identity)
        #expect(try !resumes(client, slot.current))
        let first = slot.current
        _ = try slot.replace(configuration())
        #expect(slot.current !== first)
        #expect(try resumes(client, slot.current))
        _ = try slot.replace(configuration(.required(authorities: .file(certificates.authority))))
        #expect(try !resumes(client, slot.current))
        #expect(try resumes(client, slot.current))
    }

    @Test func `a configuration that cannot be used leaves the context in place`() throws {
        let slot = TLSContextSlot(try .server(configuration()))
        let first = slot.current
        var wrong = configuration()
        wrong.identity.privateKey = .file(certificates.clientKey)
        #expect(throws: WebSocketError.self) { try slot.replace(wrong) }
        #expect(slot.current === first)
    }

    @Test func `keys of tickets change by the hour, and one before is accepted`() throws {
        final class Clock: Sendable { let seconds = Atomic(0) }
        let clock = Clock()
        let keys = TicketKeys(clock: { clock.seconds.load(ordering: .relaxed) })
        func name(_ key: TicketKey) -> [UInt8] {
            unsafe [UInt8](unsafeUninitializedCapacity: TicketKey.nameBytes) { buffer, count in
                unsafe key.copyName(to: buffer.baseAddress!)
                count = TicketKey.nameBytes
            }
        }
        func isCurrent(_ name: [UInt8]) -> Bool? {
            unsafe name.withUnsafeBytes { unsafe keys.key(named: $0)?.isCurrent }
        }
        let first = name(keys.currentKey())
        clock.seconds.store(3_599, ordering: .relaxed)
        #expect(name(keys.currentKey()) == first && isCurrent(first) == true)
        clock.seconds.store(3_600, ordering: .relaxed)
        #expect(isCurrent(first) == false)
        let second = name(keys.currentKey())
        #expect(second != first && isCurrent(second) == true)
        clock.seconds.store(7_200, ordering: .relaxed)
        #expect(isCurrent(first) == nil && isCurrent(second) == false)
        // After a long rest nothing of before counts.
        clock.seconds.store(20_000, ordering: .relaxed)
        #expect(isCurrent(second) == nil)
        #expect(isCurrent(Array(repeating: 0, count: TicketKey.nameBytes)) == nil)
    }

    @Test func `a client's contexts are made once, and again when a file has changed`() throws {
        let contexts = TLSClientContexts()
        let file = certificates.folder + "/changing.pem"
        func write(_ source: String) throws {
            try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: file))
        }
        try write(certificates.authority)
        let configuration = TLSClientConfiguration(trust: .file(file))
        let first = try contexts.context(for: configuration)
        #expect(try contexts.context(for: configuration) === first)
        try write(certificates.client)
        #expect(try contexts.context(for: configuration) !== first)
    }
}
