/// A message lent for the time of a call: whoever only passes it on needs no memory for it.
///
/// A connection lends what it receives straight from where it was read, see ``LoopConnection/onBorrowedMessage(_:)``. It
/// cannot be stored, nor used after the call; ``message`` is for keeping.
///
/// A text message that is lent is valid UTF-8, as every ``WebSocketMessage`` is.
public struct BorrowedMessage: ~Escapable {
    /// Whether the payload is text or binary.
    public let kind: WebSocketMessage.Kind
    /// The payload, not masked and not framed; UTF-8 when ``kind`` is ``WebSocketMessage/Kind/text``.
    public let bytes: RawSpan
    /// The same bytes, when they are in an array already.
    private let owner: [UInt8]?

    /// The bytes must be valid UTF-8 when the kind is text.
    @_lifetime(copy bytes)
    init(uncheckedKind kind: WebSocketMessage.Kind, bytes: RawSpan) {
        self.kind = kind
        self.bytes = bytes
        owner = nil
    }

    @_lifetime(borrow message)
    fileprivate init(_ message: borrowing WebSocketMessage) {
        kind = message.kind
        bytes = unsafe message.bytes.span.bytes
        owner = message.bytes
    }

    /// The message to keep: a copy, unless it has memory of its own already.
    public var message: WebSocketMessage {
        unsafe WebSocketMessage(uncheckedKind: kind, bytes: owner ?? bytes.withUnsafeBytes { unsafe Array($0) })
    }

    /// A part of the payload as a message of its own, of the same kind: lent from the same memory, without a copy.
    ///
    /// - Parameter range: of the bytes. Traps when it reaches beyond them, or when the part of a text would begin or end
    ///   within a character.
    @_lifetime(copy self)
    public func extracting(_ range: Range<Int>) -> BorrowedMessage {
        precondition(
            kind == .binary || isBoundary(range.lowerBound) && isBoundary(range.upperBound),
            "A part of a text begins and ends with whole characters."
        )
        return BorrowedMessage(uncheckedKind: kind, bytes: bytes.extracting(range))
    }

    /// Whether no character of a text lies on both sides of an offset.
    private func isBoundary(_ offset: Int) -> Bool {
        unsafe offset == bytes.byteCount || bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) & 0xC0 != 0x80
    }

    /// The text of a text message; nil for a binary one. Decodes on each call.
    public var text: String? {
        guard kind == .text else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension WebSocketMessage {
    /// The message for the time of a call, without a copy.
    public var borrowed: BorrowedMessage {
        @_lifetime(borrow self)
        get { BorrowedMessage(self) }
    }
}
