/// Puts the pieces that lws hands over together to whole messages, under a limit, and inflates those that are compressed.
///
/// lws gives at most one read, and never more than its receive buffer, at a time; a message is therefore in pieces even
/// when its peer sent it in one frame. The buffer exists only while a message is under way. Compressed pieces are kept as
/// they came, so that a peer who begins many messages and ends none holds what it sent, and no state of zlib.
struct MessageAssembler {
    /// One piece of a message as lws describes it (lws-ws-state.h).
    struct Piece {
        var isFirst: Bool
        var isFinal: Bool
        var isBinary: Bool
        /// The frame's reserved bits, as they stand in its first byte.
        var reservedBits: UInt8 = 0
        /// Bytes of the same frame that are still to come.
        var remainingInFrame: Int
    }

    /// What a piece has made whole.
    enum Assembly: Equatable {
        /// Nothing: the message goes on.
        case none
        /// It is a message by itself, valid as it came.
        case piece(WebSocketMessage.Kind)
        /// It was the last of a message that came in several, or compressed.
        case message(WebSocketMessage)
    }

    private var buffer: [UInt8] = []
    private let maximumBytes: Int
    /// The loop's, or the connection's own when the peer keeps its context; nil when compression was not agreed on.
    let inflater: Inflater?
    private var isCompressed = false
    /// The last piece was not the end of its frame.
    private var isWithinFrame = false
    /// What is set aside at most for the rest of a frame that is only announced: enough that most messages are copied
    /// once, little beside what lws holds for the connection anyway.
    private static let maximumReservedBytes = 16 << 10

    init(maximumBytes: Int, inflater: Inflater? = nil) {
        self.maximumBytes = maximumBytes
        self.inflater = inflater
    }

    /// Takes the next piece, and tells which message it has made whole.
    ///
    /// A peer is believed about the length of its frame to refuse it early and to set aside a little: beyond that, memory
    /// grows with what has arrived.
    mutating func append(
        _ bytes: UnsafeRawBufferPointer,
        _ piece: Piece
    ) throws(ConnectionFailure) -> Assembly {
        if piece.isFirst {
            if !buffer.isEmpty { buffer = [] }
            isCompressed = false
        }
        // RSV1 marks a compressed message in its first frame; nothing else is defined (RFC 7692 section 6).
        if piece.reservedBits != 0, piece.isFirst || !isWithinFrame {
            guard piece.isFirst, piece.reservedBits == FrameEncoder.compressedBit, inflater != nil else {
                buffer = []
                throw .reservedBits
            }
            isCompressed = true
        }
        isWithinFrame = piece.remainingInFrame > 0
        let limit = isCompressed ? maximumCompressedBytes : maximumBytes
        guard buffer.count + bytes.count <= limit,
            piece.remainingInFrame <= limit - buffer.count - bytes.count
        else {
            buffer = []
            throw tooBig
        }
        let kind: WebSocketMessage.Kind = piece.isBinary ? .binary : .text
        if piece.isFinal, buffer.isEmpty, !isCompressed {
            guard unsafe kind == .binary || UTF8Validation.isValid(bytes) else { throw .notText }
            return .piece(kind)
        }
        var whole: [UInt8] = []
        if piece.isFinal, buffer.isEmpty {
            whole = try unsafe inflate(bytes)
        } else {
            if buffer.isEmpty {
                buffer.reserveCapacity(min(bytes.count + piece.remainingInFrame, Self.maximumReservedBytes))
            }
            unsafe buffer.append(contentsOf: bytes)
            guard piece.isFinal else { return .none }
            swap(&whole, &buffer)
            if isCompressed {
                whole = try unsafe whole.span.bytes.withUnsafeBytes { bytes throws(ConnectionFailure) in
                    try unsafe inflate(bytes)
                }
            }
        }
        guard kind == .binary || UTF8Validation.isValid(whole) else { throw .notText }
        return .message(WebSocketMessage(uncheckedKind: kind, bytes: whole))
    }

    /// Forgets the message under way.
    mutating func reset() {
        buffer = []
    }

    /// What cannot be compressed gets longer: by 5 bytes for each block, which zlib makes as short as 127 bytes when it
    /// is given least memory. zlib counts in 32 bits.
    private var maximumCompressedBytes: Int {
        let plain = min(maximumBytes, Int(UInt32.max) / 2)
        return plain + plain / 16 + 64
    }

    private var tooBig: ConnectionFailure {
        ConnectionFailure(.messageTooBig, "message exceeds \(maximumBytes) bytes")
    }

    private func inflate(_ bytes: UnsafeRawBufferPointer) throws(ConnectionFailure) -> [UInt8] {
        guard let inflater else { preconditionFailure("A compressed message was let in without an inflater.") }
        do throws(Inflater.Failure) {
            return try unsafe inflater.inflate(bytes, maximumBytes: maximumBytes)
        } catch {
            switch error {
            case .tooBig: throw tooBig
            case .malformed: throw ConnectionFailure(.invalidPayload, "compressed message is malformed")
            }
        }
    }
}
