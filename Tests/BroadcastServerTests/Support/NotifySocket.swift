import Glibc

@testable import broadcast_server

/// What systemd has for its services to tell it things: a socket for datagrams, without a path in a file system.
final class NotifySocket: Sendable {
    private let descriptor: Int32
    /// What `$NOTIFY_SOCKET` says.
    let name: String

    init() throws(SystemError) {
        name = "@broadcast-server-test-\(UInt64.random(in: .min ... .max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError() }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [0] + name.utf8.dropFirst()
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
        let result = unsafe withUnsafeBytes(of: &address) {
            unsafe bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, length)
        }
        guard result == 0 else { throw SystemError() }
    }

    deinit {
        close(descriptor)
    }

    /// Waits for the next datagram, and gives its lines; nil when none comes in time.
    func next(within limit: Duration = RunningProgram.patience) async -> [String]? {
        await onThread { [descriptor] in
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&event, 1, Int32(limit / .milliseconds(1))) == 1 else { return nil }
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// Waits for a datagram with a line that begins so, and gives its lines.
    func next(with beginning: String) async -> [String]? {
        while let lines = await next() {
            if lines.contains(where: { $0.hasPrefix(beginning) }) { return lines }
        }
        return nil
    }
}
