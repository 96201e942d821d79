/// Makes the pieces of messages that a reader gets out of the parts of frames that arrive: texts checked and cut between
/// characters, without putting anything together. Pure.
///
/// Compressed messages are the exception: they can be inflated as a whole only, and so come in one piece, under the limit for
/// messages.
struct PieceReader {
    private var assembler: MessageAssembler
    private var text = UTF8Stream()
    private var isCompressed = false
    /// Nothing of the message under way was given yet.
    private var isAtFirst = true

    /// - Parameters:
    ///   - maximumBytes: of a compressed message.
    ///   - inflater: what inflates the peer's messages, when compression was agreed on.
    init(maximumBytes: Int, inflater: Inflater? = nil) {
        assembler = MessageAssembler(maximumBytes: maximumBytes, inflater: inflater)
    }

    /// Takes what arrived of a message; gives what of it can be read now, if there is anything.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        _ piece: MessageAssembler.Piece
    ) throws(ConnectionFailure) -> MessagePiece? {
        if piece.isFirst {
            isCompressed = piece.reservedBits != 0
            isAtFirst = true
            text = UTF8Stream()
        }
        if isCompressed {
            guard case .message(let message) = try unsafe assembler.append(bytes, piece) else { return nil }
            return MessagePiece(message)
        }
        // A message that is not compressed has no such bit in any frame (RFC 7692 section 6).
        guard piece.reservedBits == 0 else { throw .reservedBits }
        let readable = piece.isBinary ? unsafe Array(bytes) : unsafe text.append(bytes)
        guard let readable, !piece.isFinal || text.isWhole else { throw .notText }
        if readable.isEmpty, !piece.isFinal { return nil }
        defer { isAtFirst = false }
        return MessagePiece(
            uncheckedKind: piece.isBinary ? .binary : .text,
            bytes: readable,
            isFirst: isAtFirst,
            isFinal: piece.isFinal
        )
    }
}
