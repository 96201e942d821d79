import Glibc

/// The few system calls that both ends of a test's TCP connection need.
public enum RawSocket {
    static func make() throws -> Int32 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw RawPeer.Unexpected("no socket can be made") }
        return number
    }

    /// Calls `connect` or `bind` with a port of 127.0.0.1.
    static func call(
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32,
        _ socket: Int32,
        port: Int
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe function(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw RawPeer.Unexpected(unsafe String(cString: strerror(errno))) }
    }

    /// The port that a socket is bound to.
    public static func port(of socket: Int32) throws -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe getsockname(socket, pointer, &size)
            }
        }
        guard result == 0 else { throw RawPeer.Unexpected(unsafe String(cString: strerror(errno))) }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
