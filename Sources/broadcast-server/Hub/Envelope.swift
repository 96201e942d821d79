import LWSSwift

/// The form in which members of plain text get what somebody says: `<name>: <text>`. Binary messages pass unchanged.
///
/// One of these is kept for each sender, so that the prefix is made once; each message is put together once, whatever the
/// number of its recipients.
struct Envelope: Sendable {
    private let prefix: [UInt8]

    /// - Parameter name: of the sender, `Client <id>` for one that has none.
    init(name: String) {
        prefix = Array("\(name): ".utf8)
    }

    /// The message for the others.
    func wrap(_ message: WebSocketMessage) -> WebSocketMessage {
        guard message.kind == .text else { return message }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(prefix.count + message.bytes.count)
        bytes += prefix
        bytes += message.bytes
        guard let wrapped = WebSocketMessage.text(validating: bytes) else {
            preconditionFailure("A text message from the library is UTF-8, and so is the prefix before it.")
        }
        return wrapped
    }
}
