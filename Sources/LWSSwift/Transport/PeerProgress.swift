internal import CLibWebSockets
internal import Glibc

/// How far a peer has come with the bytes it is sent, as far as the system knows.
enum PeerProgress {
    /// A number that grows while the peer takes bytes.
    ///
    /// For TCP, the bytes it has acknowledged plus the window it offers (tcp(7), `TCP_INFO`): while its program reads, both
    /// together move on. For a Unix-domain socket, what it has not read yet, counted downwards (unix(7), `SIOCOUTQ`).
    static func read(_ descriptor: Int32) -> UInt64 {
        // linux/tcp.h, struct tcp_info; the one of the C library ends before these.
        let (acknowledgedOffset, windowOffset, size) = (120, 228, 232)
        return unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { buffer in
            var length = socklen_t(size)
            let result = unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, buffer.baseAddress, &length)
            guard result == 0, length >= acknowledgedOffset + 8 else { return unreadByPeer(descriptor) }
            let acknowledged = unsafe buffer.loadUnaligned(fromByteOffset: acknowledgedOffset, as: UInt64.self)
            guard length >= size else { return acknowledged }
            return acknowledged
                &+ UInt64(unsafe buffer.loadUnaligned(fromByteOffset: windowOffset, as: UInt32.self))
        }
    }

    private static func unreadByPeer(_ descriptor: Int32) -> UInt64 {
        var count: Int32 = 0
        guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 else { return 0 }
        return UInt64(UInt32.max) - UInt64(max(count, 0))
    }
}
