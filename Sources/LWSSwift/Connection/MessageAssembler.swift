/// Puts the pieces that lws hands over together to whole messages, under a limit.
///
/// lws gives at most one read, and never more than its receive buffer, at a time; a message is therefore in pieces even
/// when its peer sent it in one frame. The buffer exists only while a message is under way.
struct MessageAssembler {
    /// One piece of a message as lws describes it (lws-ws-state.h).
    struct Piece {
        var isFirst: Bool
        var isFinal: Bool
        var isBinary: Bool
        /// Bytes of the same frame that are still to come.
        var remainingInFrame: Int
    }

    private var buffer: [UInt8] = []
    private let maximumBytes: Int
    /// What is set aside at most for the rest of a frame that is only announced: enough that most messages are copied
    /// once, little beside what lws holds for the connection anyway.
    private static let maximumReservedBytes = 16 << 10

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Takes the next piece, and gives the message when it was the last one.
    ///
    /// A peer is believed about the length of its frame to refuse it early and to set aside a little: beyond that, memory
    /// grows with what has arrived.
    mutating func append(
        _ bytes: UnsafeRawBufferPointer,
        _ piece: Piece
    ) -> Result<WebSocketMessage?, ConnectionFailure> {
        if piece.isFirst { buffer = [] }
        guard buffer.count + bytes.count <= maximumBytes,
            piece.remainingInFrame <= maximumBytes - buffer.count - bytes.count
        else {
            buffer = []
            return .failure(ConnectionFailure(.messageTooBig, "message exceeds \(maximumBytes) bytes"))
        }
        let whole: [UInt8]
        if piece.isFinal, buffer.isEmpty {
            whole = unsafe Array(bytes)
        } else {
            if buffer.isEmpty {
                buffer.reserveCapacity(min(bytes.count + piece.remainingInFrame, Self.maximumReservedBytes))
            }
            unsafe buffer.append(contentsOf: bytes)
            guard piece.isFinal else { return .success(nil) }
            whole = buffer
            buffer = []
        }
        if !piece.isBinary, !UTF8Validation.isValid(whole) {
            return .failure(ConnectionFailure(.invalidPayload, "text message is not UTF-8"))
        }
        return .success(WebSocketMessage(uncheckedKind: piece.isBinary ? .binary : .text, bytes: whole))
    }

    /// Forgets the message under way.
    mutating func reset() {
        buffer = []
    }
}
