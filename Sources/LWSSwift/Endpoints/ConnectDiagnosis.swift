// The members of pollfd and sockaddr_un belong to whichever of the two modules the compiler reads first.
internal import CLibWebSockets
internal import Glibc

/// Finds out why no connection came about, by asking the system again: lws reports every failure to connect alike.
///
/// Runs only after a failure, and blocks for at most a second an address: off the loop.
enum ConnectDiagnosis {
    static func explain(
        _ target: ClientURL,
        _ addresses: [ResolvedAddress],
        libraryReason: String
    ) -> WebSocketError {
        let place = target.authority
        var numbers: [Int32] = []
        switch target.destination {
        case .unix(let path):
            guard let address = unixAddress(path) else {
                return WebSocketError(.invalidURL, "The path of the socket, \(path), is too long.")
            }
            numbers = [
                unsafe withUnsafeBytes(of: address) {
                    unsafe connect(AF_UNIX, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
                }
            ]
        case .tcp:
            numbers = addresses.map { address in
                unsafe address.withSockaddr { unsafe connect(address.family, $0, $1) }
            }
        }
        if let refused = numbers.first(where: { $0 == ECONNREFUSED || $0 == ENOENT }) {
            let where_ = if case .unix(let path) = target.destination { path } else { place }
            let why = refused == ENOENT ? "there is no such socket" : "the connection was refused"
            return WebSocketError(
                .connectionRefused,
                "No server listens at \(where_): \(why). Start the server, or check host and port."
            )
        }
        if numbers.contains(0) {
            return target.isSecure
                ? WebSocketError(.tls, "TLS with \(place) failed: \(libraryReason).")
                : WebSocketError(.unreachable, "The connection to \(place) was lost: \(libraryReason).")
        }
        guard let number = numbers.first else {
            return WebSocketError(.unreachable, "\(place) cannot be reached: \(libraryReason).")
        }
        if number == EACCES || number == EPERM {
            return WebSocketError(.permissionDenied, "Connecting to \(place) is not permitted.")
        }
        let code: WebSocketError.Code = number == ETIMEDOUT ? .timedOut : .unreachable
        return WebSocketError(code, "\(place) cannot be reached: \(SystemError(number)).")
    }

    /// The errno of connecting, 0 when it succeeds.
    private static func connect(_ family: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        let descriptor = SystemSocket.open(family: family)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        if unsafe Glibc.connect(descriptor, address, length) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var events = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&events, 1, 1_000) > 0 else { return ETIMEDOUT }
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        return number
    }

    private static func unixAddress(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return address
    }
}
