internal import Glibc
import LWSSwift

/// Who a client is when something is shared out: its IPv4 address, or the network of its IPv6 address, since one customer
/// of a provider has a whole network (RFC 6177). All whose address is not known are one.
struct AddressShare: Hashable, Sendable {
    /// The first 64 bits of an IPv6 address; an IPv4 address, which no such network is the same as.
    private let network: UInt64

    /// - Parameter host: a numeric address; nil for a client that has none, such as one of a Unix-domain socket.
    init(host: String?) {
        guard let host else {
            network = .max
            return
        }
        var narrow = in_addr()
        var wide = in6_addr()
        if unsafe inet_pton(AF_INET, host, &narrow) == 1 {
            network = UInt64(UInt32(bigEndian: narrow.s_addr))
        } else if unsafe inet_pton(AF_INET6, String(host.prefix { $0 != "%" }), &wide) == 1 {
            // What stands behind a % is the scope, of an address that holds on one link only.
            network = unsafe UInt64(bigEndian: withUnsafeBytes(of: wide) { unsafe $0.loadUnaligned(as: UInt64.self) })
        } else {
            network = .max
        }
    }

    /// - Parameter address: nil for a client that has none.
    init(_ address: SocketAddress?) {
        self.init(host: address?.port == nil ? nil : address?.host)
    }

    /// Whether it is on this machine, or has no address, which only those can have who are on this machine.
    var isLocal: Bool {
        // ::1 is in the network 0, where nobody else is. 127.0.0.0/8 are the addresses of this machine (RFC 1122).
        network == 0 || network == .max || network >> 24 == 127
    }
}
