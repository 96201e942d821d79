/// A message in the form that some members of a group get: the message, and text that goes before it, such as the name of
/// who said it.
///
/// The two are put together in the group's log only, which saves a copy of each message.
public struct BroadcastForm: Sendable, Hashable {
    /// Goes before a text message; binary messages have none.
    public let prefix: String
    /// What follows it.
    public let message: WebSocketMessage

    /// - Parameters:
    ///   - message: text or binary.
    ///   - prefix: text that goes before a text message; left out of a binary one, which it would alter.
    public init(_ message: WebSocketMessage, prefix: String = "") {
        self.message = message
        self.prefix = message.kind == .text ? prefix : ""
    }

    /// The payload, in one piece.
    var bytes: [UInt8] { prefix.isEmpty ? message.bytes : Array(prefix.utf8) + message.bytes }

    var byteCount: Int { prefix.utf8.count + message.bytes.count }
}
