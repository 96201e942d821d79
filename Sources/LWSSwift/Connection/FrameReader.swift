/// Reads the frames of a peer (RFC 6455 section 5.2) out of a stream of bytes that comes in any pieces, and unmasks them
/// where they stand. Pure: it holds no more than a header, or a control frame, that is not complete.
struct FrameReader {
    @safe
    enum Event {
        /// A piece of a message: as much of a frame as has arrived, or nothing yet of one that was announced.
        case data(UnsafeRawBufferPointer, MessageAssembler.Piece)
        case close([UInt8])
        case ping([UInt8])
        case pong([UInt8])
    }

    /// What a header says.
    private struct Frame {
        var opcode: FrameEncoder.Opcode
        var isFinal: Bool
        var reservedBits: UInt8
        var key: UInt32
        var count: Int
    }

    /// A client's frames are masked, a server's are not (5.1).
    private let areMasked: Bool
    /// The part of a header that has arrived.
    private var header = InlineArray<14, UInt8>(repeating: 0)
    private var headerCount = 0
    /// The frame under way.
    private var frame: Frame?
    /// How much of its payload has arrived.
    private var position = 0
    /// The payload so far of a control frame that came in pieces.
    private var control: [UInt8] = []
    /// The message under way is binary; nil when there is none.
    private var messageIsBinary: Bool?
    /// No piece of the message under way has been given yet.
    private var isFirstPiece = false

    /// - Parameter role: whose frames these are not: a server reads those of clients.
    init(role: WebSocketRole) {
        areMasked = role == .server
    }

    /// Takes the next event out of `input`, which is unmasked on the way; nil when it is used up. The bytes of an event
    /// stand in `input`.
    ///
    /// After it has thrown nothing more can be read: where the next frame would begin is not known.
    @inline(__always)
    mutating func next(_ input: inout UnsafeMutableRawBufferPointer) throws(ConnectionFailure) -> Event? {
        var isAnnounced = false
        if frame == nil {
            guard let next = try unsafe readHeader(&input) else { return nil }
            frame = next
            position = 0
            isAnnounced = true
        }
        guard let frame else { return nil }
        let count = min(frame.count - position, input.count)
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: input[..<count])
        unsafe input = UnsafeMutableRawBufferPointer(rebasing: input[count...])
        if areMasked { unsafe Masking.apply(frame.key, at: position, to: bytes) }
        position += count
        let remaining = frame.count - position
        if frame.opcode.isControl {
            unsafe control.append(contentsOf: bytes)
            guard remaining == 0 else { return nil }
            return endOfControl(frame.opcode)
        }
        guard count > 0 || isAnnounced else { return nil }
        if remaining == 0 { self.frame = nil }
        let isFinal = frame.isFinal && remaining == 0
        let piece = MessageAssembler.Piece(
            isFirst: isFirstPiece,
            isFinal: isFinal,
            isBinary: messageIsBinary ?? false,
            reservedBits: frame.reservedBits,
            remainingInFrame: remaining
        )
        isFirstPiece = false
        if isFinal { messageIsBinary = nil }
        return unsafe .data(UnsafeRawBufferPointer(bytes), piece)
    }

    private mutating func endOfControl(_ opcode: FrameEncoder.Opcode) -> Event {
        let payload = control
        control = []
        frame = nil
        return switch opcode {
        case .close: .close(payload)
        case .ping: .ping(payload)
        default: .pong(payload)
        }
    }

    // MARK: Headers

    @inline(__always)
    private mutating func readHeader(_ input: inout UnsafeMutableRawBufferPointer) throws(ConnectionFailure) -> Frame? {
        if headerCount == 0, input.count >= 2, let start = input.baseAddress {
            let size = unsafe headerBytes(UnsafeRawPointer(start))
            if input.count >= size {
                let frame = try unsafe parse(UnsafeRawPointer(start))
                unsafe input = UnsafeMutableRawBufferPointer(rebasing: input[size...])
                return frame
            }
        }
        return try unsafe collectHeader(&input)
    }

    /// A header that comes in pieces.
    private mutating func collectHeader(
        _ input: inout UnsafeMutableRawBufferPointer
    ) throws(ConnectionFailure) -> Frame? {
        while let byte = unsafe input.first {
            unsafe input = UnsafeMutableRawBufferPointer(rebasing: input[1...])
            header[headerCount] = byte
            headerCount += 1
            guard headerCount >= 2 else { continue }
            let header = header
            let isComplete = unsafe withUnsafeBytes(of: header) { bytes in
                guard let start = bytes.baseAddress else { return false }
                return unsafe headerBytes(start) == headerCount
            }
            guard isComplete else { continue }
            headerCount = 0
            return try unsafe withUnsafeBytes(of: header) { bytes throws(ConnectionFailure) in
                guard let start = bytes.baseAddress else { return nil }
                return try unsafe parse(start)
            }
        }
        return nil
    }

    /// The length of a header, as its first two bytes tell it.
    private func headerBytes(_ start: UnsafeRawPointer) -> Int {
        let second = unsafe start.load(fromByteOffset: 1, as: UInt8.self)
        let length = second & 0x7F
        return 2 + (length == 127 ? 8 : length == 126 ? 2 : 0) + (second & 0x80 != 0 ? 4 : 0)
    }

    @inline(__always)
    private mutating func parse(_ start: UnsafeRawPointer) throws(ConnectionFailure) -> Frame {
        let first = unsafe start.load(as: UInt8.self)
        let second = unsafe start.load(fromByteOffset: 1, as: UInt8.self)
        guard let opcode = FrameEncoder.Opcode(rawValue: first & 0x0F) else {
            throw ConnectionFailure(.protocolError, "opcode \(first & 0x0F) is not defined")
        }
        guard (second & 0x80 != 0) == areMasked else {
            throw ConnectionFailure(.protocolError, areMasked ? "frame is not masked" : "frame is masked")
        }
        var frame = Frame(
            opcode: opcode,
            isFinal: first & 0x80 != 0,
            reservedBits: first & 0x70,
            key: 0,
            count: Int(second & 0x7F)
        )
        var offset = 2
        if frame.count == 126 {
            frame.count = unsafe Int(UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            guard frame.count > 125 else { throw Self.longForm }
            offset = 4
        } else if frame.count == 127 {
            let count = unsafe UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard count <= UInt64(Int.max) else { throw ConnectionFailure(.protocolError, "frame length is negative") }
            guard count > 0xFFFF else { throw Self.longForm }
            frame.count = Int(count)
            offset = 10
        }
        if areMasked { frame.key = unsafe start.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
        try begin(frame)
        return frame
    }

    private static let longForm = ConnectionFailure(.protocolError, "frame length is not in its shortest form")

    /// Whether the frame may come now (5.4, 5.5).
    @inline(__always)
    private mutating func begin(_ frame: Frame) throws(ConnectionFailure) {
        switch frame.opcode {
        case .close, .ping, .pong:
            guard frame.reservedBits == 0 else { throw .reservedBits }
            guard frame.isFinal else { throw ConnectionFailure(.protocolError, "control frame is fragmented") }
            guard frame.count <= 125 else { throw ConnectionFailure(.protocolError, "control frame is too long") }
        case .continuation:
            guard messageIsBinary != nil else {
                throw ConnectionFailure(.protocolError, "there is no message to continue")
            }
        case .text, .binary:
            guard messageIsBinary == nil else {
                throw ConnectionFailure(.protocolError, "message begins within another")
            }
            messageIsBinary = frame.opcode == .binary
            isFirstPiece = true
        }
    }
}
