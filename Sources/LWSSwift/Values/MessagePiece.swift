/// A part of a message, as it arrived: what a connection gives that is asked for ``WebSocketConnection/pieces``.
///
/// How a message is cut says nothing: neither writes nor frames of the sender show in it. A text is cut between characters
/// only.
public struct MessagePiece: Sendable, Hashable {
    /// The bytes of this part; UTF-8 when ``kind`` is ``WebSocketMessage/Kind/text``. They may be none, in a last piece.
    public let bytes: [UInt8]
    /// Whether the message is text or binary.
    public let kind: WebSocketMessage.Kind
    /// Whether the message begins with it.
    public let isFirst: Bool
    /// Whether the message ends with it.
    public let isFinal: Bool

    /// The bytes must be valid UTF-8 when the kind is text.
    init(uncheckedKind kind: WebSocketMessage.Kind, bytes: [UInt8], isFirst: Bool, isFinal: Bool) {
        self.bytes = bytes
        self.kind = kind
        self.isFirst = isFirst
        self.isFinal = isFinal
    }

    /// The text of a piece of a text message; nil for a binary one. Decodes on each call.
    public var text: String? {
        kind == .text ? String(decoding: bytes, as: UTF8.self) : nil
    }

    // MARK: Whole messages

    /// A message in one piece.
    init(_ message: WebSocketMessage) {
        self.init(uncheckedKind: message.kind, bytes: message.bytes, isFirst: true, isFinal: true)
    }

    /// The message, when it came in one piece.
    var wholeMessage: WebSocketMessage? {
        isFirst && isFinal ? WebSocketMessage(uncheckedKind: kind, bytes: bytes) : nil
    }
}
