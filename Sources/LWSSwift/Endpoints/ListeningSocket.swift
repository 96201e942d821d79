// The members of sockaddr_storage belong to whichever of the two modules the compiler reads first.
internal import CLibWebSockets
internal import Glibc

/// A socket that listens. It is ours and not lws', whose own listener hides errors or retries for ever, cannot tell its
/// port, and spins when descriptors run out.
///
/// It owns its descriptor until that is handed over to lws, and the path that a Unix-domain socket leaves behind: both are
/// given back once.
final class ListeningSocket: Sendable {
    private struct Owned: Sendable {
        var hasDescriptor = true
        var path: String?
        /// Somebody else goes on with it.
        var isShared = false
    }

    let descriptor: Int32
    /// Where it really listens.
    let address: SocketAddress
    private let owned: Lock<Owned>

    init(owning descriptor: Int32, at address: SocketAddress, path: String? = nil, isShared: Bool = false) {
        self.descriptor = descriptor
        self.address = address
        owned = Lock(Owned(path: path, isShared: isShared))
    }

    deinit {
        close()
    }

    /// Somebody else closes the descriptor from now on.
    func handOver() {
        owned.withLock { $0.hasDescriptor = false }
    }

    /// Closes the descriptor, unless that is done or somebody else's business, and removes the path.
    func close() {
        let isOurs = owned.withLock { owned in
            defer { owned.hasDescriptor = false }
            return owned.hasDescriptor
        }
        if isOurs {
            refuse()
            Glibc.close(descriptor)
        }
        removePath()
    }

    /// Ends the listening, whoever else holds the descriptor: closing alone leaves the port taken for as long as a child
    /// process has a copy, which each has between `fork` and `exec`. Only while the descriptor is open. Does nothing to one
    /// that is shared.
    func refuse() {
        guard !owned.withLock({ $0.isShared }) else { return }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Leaves the listening, and the path, to whoever else has the descriptor.
    func share() {
        owned.withLock { owned in
            owned.isShared = true
            owned.path = nil
        }
    }

    /// Removes the path of a Unix-domain socket, so that another one may take it.
    func removePath() {
        let path = owned.withLock { owned in
            defer { owned.path = nil }
            return owned.path
        }
        if let path { unsafe unlink(path) }
    }
}

/// How such sockets are opened.
extension ListeningSocket {
    /// Opens every socket that the endpoint names: a host name may stand for several addresses, such as `127.0.0.1` and
    /// `::1` for `localhost`, which then all get the same port.
    ///
    /// Resolving a name may take long: never called on a loop.
    static func open(
        _ endpoint: WebSocketServer.Endpoint,
        backlog: Int32,
        permissions: UInt16? = nil
    ) throws(WebSocketError) -> [ListeningSocket] {
        switch endpoint {
        case .unix(let path): return [try openUnix(path, backlog: backlog, permissions: permissions)]
        case .tcp(let host, let port): return try openTCP(host: host, port: port, backlog: backlog)
        case .listening(let descriptors): return try adopt(descriptors)
        }
    }

    private static func openTCP(host: String, port: Int, backlog: Int32) throws(WebSocketError) -> [ListeningSocket] {
        guard (0...65_535).contains(port) else {
            throw WebSocketError(.invalidConfiguration, "The port \(port) is not between 0 and 65535.")
        }
        let addresses = try NameResolution.resolve(host: host, port: port, isPassive: true)
        // With port 0 the system picks one for the first address; it may be taken for the second: then start over.
        for attempt in 1...8 {
            var bound: [ListeningSocket] = []
            do throws(WebSocketError) {
                for address in addresses {
                    let chosen = bound.first?.address.port ?? port
                    if let socket = try bind(
                        address.with(port: chosen),
                        isOnlyOne: addresses.count == 1,
                        backlog: backlog
                    ) {
                        bound.append(socket)
                    }
                }
                guard !bound.isEmpty else {
                    throw WebSocketError(.addressUnavailable, "\(host) is no address of this machine.")
                }
                return bound
            } catch {
                for socket in bound { socket.close() }
                guard port == 0, error.code == .addressInUse, attempt < 8 else { throw error }
            }
        }
        throw WebSocketError(.addressInUse, "No port is free on all addresses of \(host).")
    }

    /// nil when the machine does not have this family, and the name has other addresses.
    private static func bind(_ address: ResolvedAddress, isOnlyOne: Bool, backlog: Int32) throws(WebSocketError)
        -> ListeningSocket?
    {
        let descriptor = SystemSocket.open(family: address.family)
        guard descriptor >= 0 else {
            let number = errno
            if number == EAFNOSUPPORT, !isOnlyOne { return nil }
            throw failure(number, address.description, port: address.port)
        }
        SystemSocket.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == AF_INET6 {
            // "::" alone takes IPv4 too; next to an IPv4 address of the same name it must not.
            SystemSocket.setOption(
                descriptor,
                Int32(IPPROTO_IPV6),
                IPV6_V6ONLY,
                address.isWildcard && isOnlyOne ? 0 : 1
            )
        }
        let result = unsafe address.withSockaddr { unsafe Glibc.bind(descriptor, $0, $1) }
        guard result == 0, listen(descriptor, backlog) == 0, let local = SystemSocket.address(of: descriptor) else {
            let number = errno
            Glibc.close(descriptor)
            if number == EADDRNOTAVAIL, !isOnlyOne { return nil }
            throw failure(number, address.description, port: address.port)
        }
        return ListeningSocket(owning: descriptor, at: local)
    }

    private static func openUnix(
        _ path: String,
        backlog: Int32,
        permissions: UInt16?
    ) throws(WebSocketError) -> ListeningSocket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard !path.isEmpty, path.utf8.count < capacity else {
            throw WebSocketError(
                .invalidConfiguration,
                "The path of a Unix-domain socket has 1 to \(capacity - 1) bytes; \(path.utf8.count) were given."
            )
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)

        // A socket that nobody listens at any more is left over from a server that was killed; only then is it removed.
        // Connecting to a file that is no socket is refused as well.
        let probe = SystemSocket.open(family: AF_UNIX)
        guard probe >= 0 else { throw failure(errno, path, port: nil) }
        let isRefused =
            unsafe withSockaddr(&address) { unsafe connect(probe, $0, length) } != 0 && errno == ECONNREFUSED
        Glibc.close(probe)
        if isRefused, isSocket(path) { unsafe unlink(path) }

        let descriptor = SystemSocket.open(family: AF_UNIX)
        guard descriptor >= 0 else { throw failure(errno, path, port: nil) }
        // Before it has a path: Linux gives that what the socket has, so that nobody gets in meanwhile.
        if let permissions { fchmod(descriptor, mode_t(permissions)) }
        guard unsafe withSockaddr(&address, { unsafe Glibc.bind(descriptor, $0, length) }) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw failure(number, path, port: nil)
        }
        // From here on the path is ours.
        let socket = ListeningSocket(owning: descriptor, at: SocketAddress(unixPath: path), path: path)
        guard listen(descriptor, backlog) == 0 else {
            let number = errno
            socket.close()
            throw failure(number, path, port: nil)
        }
        return socket
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func withSockaddr(
        _ address: inout sockaddr_un,
        _ body: (UnsafePointer<sockaddr>) -> Int32
    ) -> Int32 {
        unsafe withUnsafeBytes(of: &address) { unsafe body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!) }
    }

    private static func failure(_ number: Int32, _ place: String, port: Int?) -> WebSocketError {
        switch number {
        case EADDRINUSE:
            let what = port.map { "Port \($0)" } ?? "The path"
            return WebSocketError(.addressInUse, "\(what) is in use already (\(place)).")
        case EADDRNOTAVAIL:
            return WebSocketError(.addressUnavailable, "\(place) is no address of this machine.")
        case EACCES, EPERM:
            return WebSocketError(.permissionDenied, "Listening at \(place) is not permitted.")
        default:
            return WebSocketError(.system, "Listening at \(place) failed: \(SystemError(number)).")
        }
    }
}
