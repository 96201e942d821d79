@testable import LWSSwift

/// One end of a connection in memory: a session and what it has said.
final class TLSEndpoint: TLSTransport {
    private(set) var session: TLSSession!
    /// Ciphertext on its way to the other end.
    var outgoing: [UInt8] = []
    private(set) var received: [UInt8] = []
    private(set) var pieces = 0
    private(set) var securedCount = 0
    private(set) var ends: [TLSEnd] = []
    /// Whether more plaintext is wanted.
    var wantsMore: (TLSEndpoint) -> Bool = { _ in true }
    var onPlaintext: (TLSEndpoint) -> Void = { _ in }
    /// Whether ciphertext is taken.
    var isAlive = true

    init(_ context: TLSContext, _ scratch: TLSScratch, hostName: String? = nil, port: Int = 443) throws {
        struct NoMemory: Error {}
        session = TLSSession(context, scratch: scratch, transport: self, hostName: hostName, port: port)
        if session == nil { throw NoMemory() }
    }

    /// What a transport does that ends.
    func drop() {
        session = nil
    }

    func write(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe session.write($0) }
    }

    func receive(_ bytes: some Collection<UInt8>) {
        unsafe Array(bytes).withUnsafeBytes { unsafe session.receive($0) }
    }

    var peerCertificate: PeerCertificate? {
        session.peerCertificate.flatMap { PeerCertificate(derBytes: $0) }
    }

    var failure: String? {
        for case .failed(let failure) in ends { return failure.description }
        return nil
    }

    var isClosedByPeer: Bool {
        for case .closedByPeer in ends { return true }
        return false
    }

    func send(ciphertext: UnsafeRawBufferPointer) -> Bool {
        if isAlive { unsafe outgoing.append(contentsOf: ciphertext) }
        return isAlive
    }

    func tlsSecured() {
        securedCount += 1
    }

    func tlsReceived(_ plaintext: UnsafeMutableRawBufferPointer) {
        unsafe received.append(contentsOf: plaintext)
        pieces += 1
        onPlaintext(self)
    }

    var wantsPlaintext: Bool { wantsMore(self) }

    func tlsEnded(_ end: TLSEnd) {
        ends.append(end)
    }
}

/// A client and a server in memory, on one "loop".
struct TLSPair {
    let client: TLSEndpoint
    let server: TLSEndpoint
    /// The most that one read brings.
    var readBytes = 32_768

    init(
        _ clientContext: TLSContext,
        _ serverContext: TLSContext,
        hostName: String = "localhost",
        port: Int = 443,
        scratch: TLSScratch = TLSScratch()
    ) throws {
        client = try TLSEndpoint(clientContext, scratch, hostName: hostName, port: port)
        server = try TLSEndpoint(serverContext, scratch)
    }

    /// Shakes hands; the result says whether both ends are secured.
    @discardableResult
    func connect() -> Bool {
        client.session.start()
        server.session.start()
        pump()
        return client.session.isSecured && server.session.isSecured
    }

    /// Carries ciphertext to and fro until neither end says anything.
    func pump() {
        while !(client.outgoing.isEmpty && server.outgoing.isEmpty) {
            carry(from: client, to: server)
            carry(from: server, to: client)
        }
    }

    private func carry(from: TLSEndpoint, to: TLSEndpoint) {
        var bytes = from.outgoing[...]
        from.outgoing = []
        while !bytes.isEmpty {
            to.receive(bytes.prefix(readBytes))
            bytes = bytes.dropFirst(readBytes)
        }
    }
}
