import TestSupport

@testable import LWSSwift

/// A client that speaks TLS over a raw peer, so that a test decides how each of the two ends.
actor SecurePeer {
    /// The connection below TLS.
    nonisolated let raw: RawPeer
    private let endpoint: TLSEndpoint
    /// How much of what came was read.
    private var position = 0

    /// Connects to a port of 127.0.0.1 and shakes hands.
    ///
    /// - Parameter receiveBuffer: as of ``RawPeer``.
    init(port: Int, trusting authority: String, receiveBuffer: Int32? = nil) async throws {
        raw = try RawPeer(port: port, receiveBuffer: receiveBuffer)
        let context = try TLSContext.client(TLSClientConfiguration(trust: .file(authority)))
        endpoint = try TLSEndpoint(context, TLSScratch(), hostName: "localhost")
        endpoint.session.start()
        while endpoint.securedCount == 0 { try await exchange() }
    }

    func write(_ bytes: [UInt8]) async throws {
        guard endpoint.write(bytes) else { throw RawPeer.Unexpected("TLS takes nothing") }
        try await flush()
    }

    /// Reads up to the next LF, and leaves that out.
    func readLine() async throws -> String {
        while true {
            let rest = endpoint.received[position...]
            if let end = rest.firstIndex(of: 0x0A) {
                position = end + 1
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            try await exchange()
        }
    }

    /// Reads up to the empty line that ends an HTTP head, and gives its lines.
    func readHead() async throws -> [String] {
        var lines: [String] = []
        while lines.last != "\r" { lines.append(try await readLine()) }
        return lines
    }

    /// Reads the lines of the next event.
    func event() async throws -> [String] {
        var lines: [String] = []
        while lines.last != "" { lines.append(try await readLine()) }
        return lines.dropLast()
    }

    /// Says that it sends nothing more, in TLS.
    func endSecurely() async throws {
        endpoint.session.closeNotify()
        try await flush()
    }

    private func flush() async throws {
        let bytes = endpoint.outgoing
        endpoint.outgoing = []
        if !bytes.isEmpty { try await raw.write(bytes) }
    }

    private func exchange() async throws {
        try await flush()
        guard let bytes = try await raw.readSome() else { throw RawPeer.Unexpected("the connection has ended") }
        endpoint.receive(bytes)
        if let failure = endpoint.failure { throw RawPeer.Unexpected(failure) }
        try await flush()
    }
}
