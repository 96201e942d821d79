internal import Glibc

extension ListeningSocket {
    /// Takes over sockets that listen already; after a failure all of them are closed.
    static func adopt(_ descriptors: [Int32]) throws(WebSocketError) -> [ListeningSocket] {
        guard !descriptors.isEmpty else {
            throw WebSocketError(.invalidConfiguration, "A server needs at least one socket that listens.")
        }
        // Each is owned from here on, whatever the others are.
        let sockets = descriptors.map { descriptor in
            ListeningSocket(
                owning: descriptor,
                at: SystemSocket.address(of: descriptor) ?? SocketAddress(unixPath: ""),
                isShared: true
            )
        }
        for socket in sockets {
            guard SystemSocket.option(socket.descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1,
                SystemSocket.option(socket.descriptor, SOL_SOCKET, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
            else {
                throw WebSocketError(
                    .invalidConfiguration,
                    "The descriptor \(socket.descriptor) is no stream socket that listens."
                )
            }
            SystemSocket.makeOwn(socket.descriptor)
        }
        return sockets
    }

    /// Closes descriptors that nobody has taken over.
    static func close(_ descriptors: [Int32]) {
        for descriptor in descriptors { Glibc.close(descriptor) }
    }

    /// Another descriptor for the same socket, which the caller owns.
    func copy() throws(WebSocketError) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            throw WebSocketError(.system, "The listening socket at \(address) cannot be copied: \(SystemError()).")
        }
        return copy
    }
}
