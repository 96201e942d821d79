internal import Glibc

/// How many more descriptors the process may open. libwebsockets, libuv and libdispatch abort, or wait for ever, when one
/// of those that they start with is refused; asked before, there is an error that says what is missing.
enum FreeDescriptors {
    /// What a loop needs to begin with: eight for libuv and lws, and some for a name's resolution, its listening sockets and
    /// its first connections.
    static let neededByLoop = 16

    /// - Throws: ``WebSocketError/Code/system`` when fewer than `count` can be opened now. Other threads may take them
    ///   afterwards all the same.
    static func require(_ count: Int, for user: String) throws(WebSocketError) {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        while opened.count < count {
            // What it stands for does not matter; copies are the cheapest to make.
            let descriptor = opened.first.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? SystemSocket.open(family: AF_UNIX)
            guard descriptor >= 0 else {
                let error = SystemError()
                throw WebSocketError(
                    .system,
                    """
                    \(user) needs \(count) file descriptors, and only \(opened.count) can be opened (\(error)): raise the \
                    limit, as with ulimit -n.
                    """
                )
            }
            opened.append(descriptor)
        }
    }
}
