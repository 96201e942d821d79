/// One whole message, text or binary, as it travels over a WebSocket (RFC 6455 section 5.6).
///
/// The payload is held as bytes in both cases, so that a text message that is only passed on is never decoded and
/// encoded again. A text message received from a peer has been checked to be valid UTF-8.
///
/// ```swift
/// try await connection.send("hello")
/// try await connection.send(.binary([0xCA, 0xFE]))
/// ```
public struct WebSocketMessage: Sendable, Hashable {
    /// What the payload stands for: the opcode of the message's first frame.
    public enum Kind: Sendable, Hashable {
        case text
        case binary
    }

    /// Whether the payload is text or binary.
    public let kind: Kind
    /// The payload, not masked and not framed; UTF-8 when ``kind`` is ``Kind/text``.
    public let bytes: [UInt8]

    /// The bytes must be valid UTF-8 when the kind is text: every public way in sees to that.
    init(uncheckedKind kind: Kind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }

    /// Makes a text message.
    public static func text(_ string: String) -> WebSocketMessage {
        WebSocketMessage(uncheckedKind: .text, bytes: Array(string.utf8))
    }

    /// Makes a text message of bytes that are UTF-8 already, or nil when they are not.
    public static func text(validating bytes: [UInt8]) -> WebSocketMessage? {
        guard UTF8Validation.isValid(bytes) else { return nil }
        return WebSocketMessage(uncheckedKind: .text, bytes: bytes)
    }

    /// Makes a binary message.
    public static func binary(_ bytes: [UInt8]) -> WebSocketMessage {
        WebSocketMessage(uncheckedKind: .binary, bytes: bytes)
    }

    /// The text of a text message; nil for a binary one. Decodes on each call.
    public var text: String? {
        kind == .text ? String(decoding: bytes, as: UTF8.self) : nil
    }
}

extension WebSocketMessage: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {
        self = .text(value)
    }
}

extension WebSocketMessage: CustomStringConvertible {
    /// The text, or the number of bytes of a binary message: for logs and tests, not for the wire.
    public var description: String {
        text ?? "\(bytes.count) bytes"
    }
}
