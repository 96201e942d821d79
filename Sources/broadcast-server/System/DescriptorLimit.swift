import Glibc

/// How many descriptors the process may have open: each client takes one.
enum DescriptorLimit {
    /// What any command opens: log file, signals, the loops of the runtime and of libwebsockets, a connection.
    private static let needed = 32

    /// Raises the soft limit, often 1,024, to the hard one, as the system lets every process do. A failure leaves the
    /// limit as it was: fewer clients then find room.
    static func raise() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// How many clients there are descriptors for.
    static var clients: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return max(Int(clamping: limit.rlim_cur) - needed, 16)
    }

    /// Refuses to begin when the limit is so low that the runtime would crash at one of the first descriptors it asks for,
    /// before anything could be told.
    static func require() throws(Failure) {
        var opened: [Int32] = []
        defer { for number in opened { close(number) } }
        while opened.count < needed {
            let number = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
            guard number >= 0 else {
                throw Failure(
                    .systemError,
                    """
                    \(needed) file descriptors are needed, and only \(opened.count) can be opened: \(SystemError()). Raise \
                    the limit, as with ulimit -n 1024.
                    """
                )
            }
            opened.append(number)
        }
    }
}
