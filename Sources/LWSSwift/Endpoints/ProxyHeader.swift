/// The header of version 2 of the PROXY protocol, with which a connection begins. Pure.
struct ProxyHeader: Equatable {
    /// Whose connection it is; nil when the header does not say so in a way that is known here.
    let source: SocketAddress?
    /// How long the header is.
    let byteCount: Int

    /// What is wrong with a header.
    struct Fault: Error, Equatable {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    /// The longest that is taken: addresses, and what a proxy tells besides.
    static let maximumBytes = 4_096
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// Signature, version and command, family and protocol, length.
    private static let fixedBytes = 16

    /// - Parameter bytes: as many as have come, perhaps with some behind the header.
    /// - Returns: nil when more has to come.
    static func read(_ bytes: [UInt8]) throws(Fault) -> ProxyHeader? {
        let begun = min(bytes.count, signature.count)
        guard bytes[..<begun].elementsEqual(signature[..<begun]) else { throw Fault("no PROXY header of version 2") }
        // Each byte is judged when it is there.
        if bytes.count > 12 { try judge(command: bytes[12]) }
        if bytes.count > 13 { try judge(family: bytes[13]) }
        guard bytes.count >= fixedBytes else { return nil }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard fixedBytes + length <= maximumBytes else { throw Fault("PROXY header of \(length) bytes") }
        let needed = bytes[12] & 0x0F == 0 ? 0 : addressBytes(bytes[13])
        guard length >= needed else { throw Fault("PROXY header without room for its addresses") }
        guard bytes.count >= fixedBytes + length else { return nil }
        return ProxyHeader(
            source: needed == 0 ? nil : source(bytes[fixedBytes..<fixedBytes + needed]),
            byteCount: fixedBytes + length
        )
    }

    private static func judge(command: UInt8) throws(Fault) {
        guard command >> 4 == 2 else { throw Fault("PROXY header of version \(command >> 4)") }
        guard command & 0x0F <= 1 else { throw Fault("PROXY command \(command & 0x0F)") }
    }

    private static func judge(family: UInt8) throws(Fault) {
        guard family >> 4 <= 3, family & 0x0F <= 2 else { throw Fault("PROXY family \(family)") }
    }

    /// How many bytes the addresses take; 0 for a family that is passed over: none, datagrams, and Unix-domain sockets.
    private static func addressBytes(_ family: UInt8) -> Int {
        switch family {
        case 0x11: 12
        case 0x21: 36
        default: 0
        }
    }

    /// Source, destination, and their ports, in this order.
    private static func source(_ bytes: ArraySlice<UInt8>) -> SocketAddress? {
        let (address, ports) = (bytes.prefix((bytes.count - 4) / 2), bytes.suffix(4))
        let port = UInt16(ports[ports.startIndex]) << 8 | UInt16(ports[ports.startIndex + 1])
        return IPAddress(bytes: Array(address)).map { SocketAddress($0, port: port) }
    }
}
