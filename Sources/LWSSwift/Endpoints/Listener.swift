internal import CLibWebSockets
internal import Glibc
internal import Logging

/// A listening socket on the loop, adopted as a plain file: lws tells that it can be read, we accept.
final class Listener: LoopSocket {
    private let server: ServerCore
    private let socket: ListeningSocket

    /// Sockets accepted in one turn, so that a burst of clients does not keep those that are connected waiting: the requests
    /// of so many are answered in the next, which takes some hundred microseconds.
    private static let acceptsPerTurn = 4
    /// How long accepting rests when descriptors have run out, in milliseconds.
    private static let restMilliseconds: UInt64 = 200

    /// Takes the socket over, which is closed with that of lws when the listener ends; leaves it as it is when this fails.
    init(_ server: ServerCore, _ socket: ListeningSocket, vhost: OpaquePointer) throws(WebSocketError) {
        self.server = server
        self.socket = socket
        super.init(server.loop)
        var descriptor = lws_sock_file_fd_type()
        unsafe descriptor.filefd = socket.descriptor
        let name = unsafe ProtocolTable.baseName
        guard let wsi = unsafe lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, name, nil) else {
            leaveTable()
            throw WebSocketError(.system, "libwebsockets cannot take the listening socket at \(socket.address).")
        }
        unsafe attach(wsi)
        socket.handOver()
    }

    override func handle(_ reason: lws_callback_reasons, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
        if reason == LWS_CALLBACK_RAW_RX_FILE { accept() }
        return 0
    }

    override func ended() {
        super.ended()
        server.listenerEnded(self)
    }

    private func accept() {
        for _ in 0..<Self.acceptsPerTurn {
            if let rest = server.restOfPace { return self.rest(until: rest) }
            let (descriptor, address) = SystemSocket.accept(socket.descriptor)
            guard descriptor >= 0 else {
                switch errno {
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: rest(SystemError())
                default: break
                }
                return
            }
            loop.hasAccepted = true
            server.noteAccept()
            server.accepted(descriptor, from: address)
        }
    }

    /// The socket stays readable, so without a rest the loop would spin.
    private func rest(_ error: SystemError) {
        loop.logger.error("no connection can be accepted for the moment: \(error)")
        rest(until: loop.now + Self.restMilliseconds)
    }

    private func rest(until time: UInt64) {
        guard let wsi = unsafe wsi else { return }
        unsafe lws_rx_flow_control(wsi, 0)
        loop.schedule(self, at: time)
    }

    override func deadlineReached(_ now: UInt64) -> UInt64? {
        if let wsi = unsafe wsi { unsafe lws_rx_flow_control(wsi, 1) }
        return nil
    }

    /// Another descriptor for the socket, which the caller owns.
    func copySocket() throws(WebSocketError) -> Int32 { try socket.copy() }

    /// Stops listening. lws closes the descriptor with its socket, in this turn of the loop or the next.
    ///
    /// - Parameter isLeft: somebody else has the socket, and goes on with it.
    func stop(isLeft: Bool = false) {
        if isLeft { socket.share() }
        socket.removePath()
        guard let wsi = unsafe wsi else { return }
        socket.refuse()
        unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC)
    }
}
