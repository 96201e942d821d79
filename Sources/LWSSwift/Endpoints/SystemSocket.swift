internal import CLibWebSockets
internal import Glibc

/// The few socket calls of the package that both roles make. New descriptors do not block and are not inherited.
enum SystemSocket {
    /// Opens a stream socket; negative, with `errno` set, when that fails.
    static func open(family: Int32) -> Int32 {
        socket(family, Int32(SOCK_STREAM.rawValue) | flags, 0)
    }

    /// Accepts a connection; negative, with `errno` set, when there is none.
    static func accept(_ listener: Int32) -> (descriptor: Int32, address: SocketAddress?) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe accept4(listener, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, &length, flags)
        }
        return (descriptor, descriptor < 0 ? nil : SocketAddress(storage))
    }

    /// The address that a socket is bound to; nil when the system does not tell.
    static func address(of descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe getsockname(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
        }
        return result == 0 ? SocketAddress(storage) : nil
    }

    /// Sets an option that is a number; one the system does not know is left alone.
    static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// An option that is a number; nil of a descriptor that has none.
    static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, level, name, &value, &length) == 0 ? value : nil
    }

    /// Has a descriptor that somebody else has made not block, and not be inherited.
    static func makeOwn(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    private static let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
}
