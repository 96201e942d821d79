import Dispatch
import Glibc

/// An HTTP proxy on a port of 127.0.0.1, for one client: it connects that to the port it asks for on this machine, whatever
/// the host, and passes bytes on until one side ends.
public final class RawProxy: Sendable {
    private let listener: Int32
    public let port: Int

    public init() throws {
        let listener = try RawSocket.make()
        self.listener = listener
        try unsafe RawSocket.call(bind, listener, port: 0)
        guard listen(listener, 8) == 0 else { throw RawPeer.Unexpected("cannot listen") }
        port = try RawSocket.port(of: listener)
        DispatchQueue(label: "raw proxy").async {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            Self.serve(client)
            close(client)
        }
    }

    deinit {
        // Wakes whoever still waits for a client.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ client: Int32) {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let bytes = receive(client, atMost: 1) else { return }
            head += bytes
        }
        // CONNECT host:port HTTP/1.1
        let line = String(decoding: head, as: UTF8.self).prefix { $0 != "\r\n" }.split(separator: " ")
        guard line.count == 3, line[0] == "CONNECT", let port = line[1].split(separator: ":").last.flatMap({ Int($0) }),
            let server = try? RawSocket.make()
        else { return }
        defer { close(server) }
        guard (try? unsafe RawSocket.call(connect, server, port: port)) != nil,
            send(client, Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8))
        else { return }
        pass(client, server)
    }

    private static func pass(_ client: Int32, _ server: Int32) {
        while true {
            var sockets = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard unsafe poll(&sockets, 2, Int32(RawPeer.patience) * 1_000) > 0 else { return }
            for (index, other) in [server, client].enumerated() where sockets[index].revents != 0 {
                guard let bytes = receive(sockets[index].fd, atMost: 65_536), send(other, bytes) else { return }
            }
        }
    }

    /// nil at the end of the stream.
    private static func receive(_ socket: Int32, atMost limit: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(socket, &bytes, limit, 0)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    private static func send(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(socket, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
