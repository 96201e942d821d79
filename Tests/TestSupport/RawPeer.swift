import Glibc

/// One end of a TCP connection, of nothing but a socket and bytes: what stands on the other side of the code under test,
/// so that no defect can hide by being on both sides.
///
/// It is an actor on a thread of its own, which may block. Whatever does not come within ``patience`` fails the test.
public actor RawPeer {
    /// Seconds, longer than anything takes on a machine under load.
    public static let patience = 30

    /// Something the other side did that a test does not reckon with.
    public struct Unexpected: Error, CustomStringConvertible {
        public let description: String

        public init(_ description: String) {
            self.description = description
        }
    }

    private let executor = BlockingExecutor()
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let socket: Int32
    /// Whether frames are masked, as a client must (RFC 6455 section 5.3).
    public nonisolated let masks: Bool
    /// Read from the socket; what begins at `position` was not asked for yet.
    private var received: [UInt8] = []
    private var position = 0
    private var isOpen = true

    init(socket: Int32, masks: Bool) {
        self.socket = socket
        self.masks = masks
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var yes: Int32 = 1
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        if isOpen { Glibc.close(socket) }
    }

    /// Connects to a port of 127.0.0.1, as a client.
    ///
    /// - Parameter receiveBuffer: bytes the system buffers, to be slow on purpose; nil for the system's choice.
    public init(port: Int, receiveBuffer: Int32? = nil) throws {
        let socket = try RawSocket.make()
        if var receiveBuffer {
            unsafe setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        do {
            try unsafe RawSocket.call(connect, socket, port: port)
        } catch {
            Glibc.close(socket)
            throw error
        }
        self.init(socket: socket, masks: true)
    }

    /// Connects to a port of 127.0.0.1 and performs the opening handshake, with further lines if given.
    public static func upgraded(
        port: Int,
        path: String = "/",
        fields: [String] = [],
        receiveBuffer: Int32? = nil
    ) async throws -> RawPeer {
        let peer = try RawPeer(port: port, receiveBuffer: receiveBuffer)
        try await peer.write(RawRequest(path: path, fields: RawRequest.requiredFields + fields).bytes)
        let head = try await peer.readHead()
        guard head.hasPrefix("HTTP/1.1 101 ") else { throw Unexpected(head) }
        return peer
    }

    /// Connects several peers, in order.
    public static func upgraded(_ count: Int, port: Int) async throws -> [RawPeer] {
        var peers: [RawPeer] = []
        for _ in 0..<count { peers.append(try await upgraded(port: port)) }
        return peers
    }

    // MARK: Bytes

    public func write(_ bytes: [UInt8]) throws {
        // Its number may be another peer's by now.
        guard isOpen else { throw Unexpected("this side has closed") }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: $0[sent...])
                return unsafe Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Unexpected("cannot send: \(errorText())") }
            sent += count
        }
    }

    public func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// Sends the first bytes in a segment each, and the rest at once, for as long as the other side is there.
    public func writeEachByte(of start: ArraySlice<UInt8>, then rest: ArraySlice<UInt8>) {
        for bytes in start.map({ [$0] }) + [Array(rest)] {
            do { try write(bytes) } catch { return }
        }
    }

    /// Sends the same over and over, for as long as the socket takes bytes at once.
    ///
    /// - Parameter offset: where it begins in the bytes.
    /// - Returns: how many bytes the socket took.
    public func writeUntilFull(_ bytes: [UInt8], from offset: Int = 0) -> Int {
        var total = offset
        while true {
            let rest = bytes[(total % bytes.count)...]
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            guard count > 0 else { return total - offset }
            total += count
        }
    }

    /// Reads exactly `count` bytes.
    public func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            try fill()
            let part = received[position...].prefix(count - bytes.count)
            bytes += part
            position += part.count
        }
        return bytes
    }

    /// Reads what comes next, whatever that is; nil at the end of the stream.
    public func readSome() throws -> [UInt8]? {
        defer { position = received.count }
        return position < received.count ? Array(received[position...]) : try more()
    }

    /// Reads to the end of the stream; a reset counts as one.
    public func readToEnd() throws -> [UInt8] {
        var bytes = Array(received[position...])
        position = received.count
        while let more = try more() { bytes += more }
        return bytes
    }

    /// Reads up to the empty line that ends an HTTP head.
    public func readHead() throws -> String {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try read(1) }
        return String(decoding: head, as: UTF8.self)
    }

    /// Reads up to the next LF, and leaves that out.
    public func readLine() throws -> String {
        var line: [UInt8] = []
        while true {
            try fill()
            if let end = received[position...].firstIndex(of: 0x0A) {
                line += received[position..<end]
                position = end + 1
                return String(decoding: line, as: UTF8.self)
            }
            line += received[position...]
            position = received.count
        }
    }

    /// Waits for bytes of the other side, or for its end, at most so many milliseconds.
    public func hasAnswer(within milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe position < received.count || poll(&descriptor, 1, milliseconds) > 0
    }

    /// Makes sure that a byte is there.
    private func fill() throws {
        guard position == received.count else { return }
        guard let more = try more() else { throw Unexpected("the connection has ended") }
        received = more
        position = 0
    }

    /// The next bytes that come; nil at the end of the stream.
    private func more() throws -> [UInt8]? {
        guard isOpen else { throw Unexpected("this side has closed") }
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
            count = unsafe recv(socket, buffer.baseAddress, buffer.count, 0)
            initialized = max(count, 0)
        }
        if count > 0 { return bytes }
        guard count == 0 || errno == ECONNRESET else { throw Unexpected("nothing came: \(errorText())") }
        return nil
    }

    // MARK: Frames

    public func send(_ frames: RawFrame...) throws {
        try write(frames.flatMap { $0.encoded(masked: masks) })
    }

    /// Reads the next frame, and checks that it is masked exactly when the other side is a client.
    public func receive() throws -> RawFrame {
        let start = try read(2)
        let (first, second) = (start[0], start[1])
        guard (second & 0x80 != 0) == !masks else { throw Unexpected("a frame that is wrongly masked or unmasked") }
        let count =
            switch second & 0x7F {
            case 126: try read(2).reduce(0) { $0 << 8 | Int($1) }
            case 127: try read(8).reduce(0) { $0 << 8 | Int($1) }
            case let short: Int(short)
            }
        if masks { return RawFrame(first: first, payload: try read(count)) }
        let key = try read(4)
        return RawFrame(first: first, payload: try read(count).enumerated().map { $1 ^ key[$0 % 4] })
    }

    /// Reads frames to the end of the stream, and answers a close frame.
    public func receiveToEnd() throws -> [RawFrame] {
        var frames: [RawFrame] = []
        while true {
            if position == received.count {
                guard let more = try more() else { return frames }
                received = more
                position = 0
            }
            let frame = try receive()
            frames.append(frame)
            // The other side may have gone already.
            if frame.opcode == .close { try? send(frame) }
        }
    }

    // MARK: Ends

    /// Closes with a handshake: sends 1000 and reads on to the answer.
    public func close() throws {
        try send(.close(1000))
        while try receive().opcode != .close {}
        end()
    }

    /// Says that nothing more will be sent.
    public func endSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Closes the socket without a word.
    public func end() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(socket)
    }

    /// Ends the connection as a crashed machine's system would: with a TCP reset.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        end()
    }

    private func errorText() -> String {
        errno == EAGAIN ? "no answer within \(Self.patience) seconds" : unsafe String(cString: strerror(errno))
    }
}
