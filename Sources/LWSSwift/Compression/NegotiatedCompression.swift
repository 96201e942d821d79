/// What the opening handshake has settled about compression (RFC 7692): messages may be compressed in both directions.
public struct NegotiatedCompression: Sendable, Hashable {
    /// The largest window there is, which a peer takes unless it asks for less.
    static let largestWindowBits = 15

    private let storedWindowBits: UInt8

    /// Whether the peer's messages may refer back to its earlier ones (context takeover): the connection then keeps an
    /// inflater of its own, with the last 32 KiB of what the peer has sent, 48 KiB in all. Only servers are met so, by a
    /// client; a server of this package rules it out.
    public let peerKeepsContext: Bool

    /// The window that the peer takes, as an exponent of 2 from 8 to 15: how far back, in bytes, a compressed message that
    /// is sent to it may refer. zlib can not compress for 8; to such a peer everything is sent as it is.
    public var windowBits: Int { Int(storedWindowBits) }

    init(windowBits: Int, peerKeepsContext: Bool = false) {
        storedWindowBits = UInt8(windowBits)
        self.peerKeepsContext = peerKeepsContext
    }

    /// What inflates the peer's messages: the loop's, unless they refer back to each other.
    func inflater(of loop: ServiceLoop) -> Inflater {
        peerKeepsContext ? Inflater(keepsContext: true) : loop.inflater
    }

    /// Whether the peer takes what was compressed for the largest window, and so for most peers.
    var acceptsSharedDeflate: Bool { windowBits == Self.largestWindowBits }
}
