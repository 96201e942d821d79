// The members of sockaddr_storage belong to whichever of the two modules the compiler reads first.
internal import CLibWebSockets
internal import Glibc

/// The address of one end of a connection: a numeric IP address and a port, or the path of a Unix-domain socket.
public struct SocketAddress: Sendable, Hashable {
    /// Sixteen bytes hold either family, so that ten thousand of these cost little.
    private enum Storage: Sendable, Hashable {
        case v4(UInt32, port: UInt16)
        case v6(UInt64, UInt64, scope: UInt32, port: UInt16)
        case unix(String)
    }
    private let storage: Storage

    /// The numeric address, such as `127.0.0.1` or `::1`, or the path of a Unix-domain socket. An IPv4 peer of a
    /// dual-stack socket is shown as IPv4.
    public var host: String {
        switch storage {
        case .v4(let address, _):
            let bytes = unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
            return bytes.map { "\($0)" }.joined(separator: ".")
        case .v6(let high, let low, let scope, _):
            var address = in6_addr()
            unsafe withUnsafeMutableBytes(of: &address) {
                unsafe $0.storeBytes(of: high, as: UInt64.self)
                unsafe $0.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
            }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            unsafe inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return scope == 0 ? name : "\(name)%\(scope)"
        case .unix(let path):
            return path
        }
    }

    /// The port; nil for a Unix-domain socket. 0 for one that is not known.
    public var port: Int? {
        switch storage {
        case .v4(_, let port), .v6(_, _, _, let port): Int(port)
        case .unix: nil
        }
    }

    /// Whether this is an IPv6 address.
    public var isIPv6: Bool {
        if case .v6 = storage { true } else { false }
    }

    /// An address that somebody else has told, such as a proxy.
    ///
    /// - Parameters:
    ///   - host: numeric, without brackets and without a scope. IPv4 within IPv6 counts as IPv4.
    ///   - port: 0 when it is not known.
    /// - Returns: nil when this is no address.
    public init?(host: String, port: Int) {
        guard let address = IPAddress(host), let port = UInt16(exactly: port) else { return nil }
        self.init(address, port: port)
    }

    init(_ address: IPAddress, port: UInt16) {
        let bytes = address.bytes
        storage = unsafe bytes.withUnsafeBytes { bytes in
            guard bytes.count == 16 else { return unsafe .v4(bytes.loadUnaligned(as: UInt32.self), port: port) }
            return unsafe .v6(
                bytes.loadUnaligned(as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                scope: 0,
                port: port
            )
        }
    }

    init(unixPath: String) {
        storage = .unix(unixPath)
    }

    /// Reads what the system filled in; nil for a family that is not known here.
    init?(_ address: sockaddr_storage) {
        let read: Storage? = unsafe withUnsafeBytes(of: address) { bytes in
            switch Int32(address.ss_family) {
            case AF_INET:
                let address = unsafe bytes.load(as: sockaddr_in.self)
                return .v4(address.sin_addr.s_addr, port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = unsafe bytes.load(as: sockaddr_in6.self)
                let port = UInt16(bigEndian: address.sin6_port)
                return unsafe withUnsafeBytes(of: address.sin6_addr) { ip in
                    let high = unsafe ip.loadUnaligned(as: UInt64.self)
                    let low = unsafe ip.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                    if high == 0, UInt32(truncatingIfNeeded: low) == UInt32(0xFFFF).bigEndian {
                        return .v4(UInt32(truncatingIfNeeded: low >> 32), port: port)
                    }
                    return .v6(high, low, scope: address.sin6_scope_id, port: port)
                }
            case AF_UNIX:
                let path = unsafe bytes.dropFirst(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!).prefix { $0 != 0 }
                return unsafe .unix(String(decoding: path, as: UTF8.self))
            default:
                return nil
            }
        }
        guard let read else { return nil }
        storage = read
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:8088`, `[::1]:8088`, or `unix:/path`; without a port that is not known.
    public var description: String {
        guard let port else { return host.isEmpty ? "unix" : "unix:\(host)" }
        guard port != 0 else { return host }
        return isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
