internal import Glibc

/// The kernel's table of the process' descriptors.
enum DescriptorTable {
    /// Makes room for so many more at once. The table grows by itself, but each time it has to double in a process of several
    /// threads, it waits until every processor has taken notice (`expand_fdtable` in fs/file.c): some 5 to 100 ms, several
    /// times on the way to ten thousand connections, in which the loop that accepts serves nobody.
    ///
    /// Eight bytes for each in the kernel, for the life of the process. May wait itself: not for a loop.
    ///
    /// - Parameters:
    ///   - count: fewer where the process may not open as many.
    ///   - descriptor: any one that is open.
    static func makeRoom(for count: Int, like descriptor: Int32) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur > 1 else {
            return
        }
        // The table holds what has the highest number.
        let last = min(Int(clamping: limit.rlim_cur) - 1, Int(descriptor) + count)
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(clamping: last))
        if copy >= 0 { close(copy) }
    }
}
