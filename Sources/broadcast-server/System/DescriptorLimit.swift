import Glibc

/// How many descriptors the process may have open: each client takes one.
enum DescriptorLimit {
    /// Raises the soft limit, often 1,024, to the hard one, as the system lets every process do. A failure leaves the
    /// limit as it was: fewer clients then find room.
    static func raise() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
