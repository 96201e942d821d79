import Glibc

@testable import broadcast_server

/// A WebSocket client of nothing but a socket and bytes: not our own code on the other side of the server.
///
/// It speaks as much of RFC 6455 as the tests need: messages of up to 65,535 bytes in one frame.
final class RawPeer {
    private let socket: Descriptor
    private var received: [UInt8] = []

    /// Something the server did that a test does not reckon with.
    struct Unexpected: Error {
        let what: String

        init(_ what: String) {
            self.what = what
        }
    }

    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]

        static func text(_ text: String) -> Frame {
            Frame(opcode: 1, payload: Array(text.utf8))
        }
    }

    /// Connects to a port of 127.0.0.1 and performs the opening handshake.
    init(port: UInt16) throws {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        socket = Descriptor(number: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(number, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemError() }
        // A message that does not come fails the test instead of hanging it.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        unsafe setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let request = """
            GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
            """
        try socket.write(Array(request.utf8))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head.append(try byte()) }
        let answer = String(decoding: head, as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 101 ") else { throw Unexpected(answer) }
    }

    deinit {
        socket.close()
    }

    func send(_ text: String) throws {
        try send(opcode: 1, Array(text.utf8))
    }

    /// Sends one frame, masked as a client must (RFC 6455 section 5.3).
    func send(opcode: UInt8, _ payload: [UInt8]) throws {
        let count = payload.count
        let length = count < 126 ? [UInt8(count)] : [126, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        let masked = payload.enumerated().map { $1 ^ mask[$0 % 4] }
        try socket.write([0x80 | opcode, 0x80 | length[0]] + length.dropFirst() + mask + masked)
    }

    /// Reads the next frame.
    func receive() throws -> Frame {
        let opcode = try byte() & 0x0F
        var count = Int(try byte())
        if count == 126 { count = Int(try byte()) << 8 | Int(try byte()) }
        guard count < 65_536 else { throw Unexpected("frame of more than 65,535 bytes") }
        return Frame(opcode: opcode, payload: try (0..<count).map { _ in try byte() })
    }

    /// Closes with a handshake: sends 1000 and reads on to the answer.
    func close() throws {
        try send(opcode: 8, [0x03, 0xE8])
        while try receive().opcode != 8 {}
    }

    /// Ends the connection as a crashed machine's system would: with a TCP reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        // The number stays taken by something harmless, for `deinit` to close.
        socket.replaceByNothing()
    }

    private func byte() throws -> UInt8 {
        if received.isEmpty {
            received = try socket.read(atMost: 4_096).reversed()
            guard !received.isEmpty else { throw Unexpected("end of the connection") }
        }
        return received.removeLast()
    }
}
