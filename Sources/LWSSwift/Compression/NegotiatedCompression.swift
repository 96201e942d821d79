/// What the opening handshake has settled about compression (RFC 7692): messages may be compressed in both directions.
public struct NegotiatedCompression: Sendable, Hashable {
    /// The largest window there is, which a peer takes unless it asks for less.
    static let largestWindowBits = 15

    private let storedWindowBits: UInt8

    /// The window that the peer takes, as an exponent of 2 from 8 to 15: how far back, in bytes, a compressed message that
    /// is sent to it may refer. zlib can not compress for 8; to such a peer everything is sent as it is.
    public var windowBits: Int { Int(storedWindowBits) }

    init(windowBits: Int) {
        storedWindowBits = UInt8(windowBits)
    }

    /// Whether the peer takes what was compressed for the largest window, and so for most peers.
    var acceptsSharedDeflate: Bool { windowBits == Self.largestWindowBits }
}
