import Foundation
import Glibc

/// A TCP server on a port of 127.0.0.1 that the system chooses: what stands on the other side of a client under test.
public actor RawListener {
    private let executor = BlockingExecutor()
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let socket: Int32
    public nonisolated let port: Int

    public init() throws {
        socket = try RawSocket.make()
        try unsafe RawSocket.call(bind, socket, port: 0)
        guard listen(socket, 64) == 0 else { throw RawPeer.Unexpected("cannot listen") }
        var limit = timeval(tv_sec: RawPeer.patience, tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        port = try RawSocket.port(of: socket)
    }

    deinit {
        close(socket)
    }

    /// Leaves a Unix-domain socket at a path, as a server that was killed does.
    public static func leaveUnixSocket(at path: String) throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(socket, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw RawPeer.Unexpected("cannot bind to \(path)") }
    }

    /// The URL to connect to.
    public nonisolated var url: String { "ws://127.0.0.1:\(port)/" }

    /// Waits for a client.
    public func accept() throws -> RawPeer {
        let accepted = Glibc.accept(socket, nil, nil)
        guard accepted >= 0 else { throw RawPeer.Unexpected("no client came") }
        return RawPeer(socket: accepted, masks: false)
    }

    /// Waits for a client and performs the opening handshake, with further lines in the answer if given.
    public func acceptUpgraded(fields: [String] = []) async throws -> RawPeer {
        let peer = try accept()
        let head = try await peer.readHead()
        try await peer.write(Self.answer(to: head, fields: fields))
        return peer
    }

    /// The answer that accepts an opening handshake (RFC 6455 section 4.2.2).
    ///
    /// - Parameter fields: lines to add; one that begins like a required one takes its place, one that ends with a colon
    ///   removes it.
    public static func answer(to head: String, fields: [String] = []) throws -> [UInt8] {
        let name = "sec-websocket-key:"
        guard let line = head.components(separatedBy: "\r\n").first(where: { $0.lowercased().hasPrefix(name) }) else {
            throw RawPeer.Unexpected("no key in \(head)")
        }
        let key = line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
        var lines = [
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: \(HandshakeAnswer.accept(for: key))",
        ]
        for field in fields {
            let name = field.prefix { $0 != ":" } + ":"
            lines.removeAll { $0.hasPrefix(name) }
            if field != name { lines.append(field) }
        }
        return Array((["HTTP/1.1 101 Switching Protocols"] + lines + ["", ""]).joined(separator: "\r\n").utf8)
    }
}
