import LWSSwift

/// The objects `message` of one author: what is the same in all of them is written once.
///
/// Each is what ``ChatProtocol/encode(_:)`` makes of the ``ChatMessage``, byte by byte.
struct ChatMessageTemplate: Sendable {
    /// Up to the number of the message.
    private let head: [UInt8]

    /// - Parameter epoch: of the positions in the author's channel.
    init(from author: Member, epoch: UInt64) {
        var head = JSONWriter(capacity: 64 + author.name.utf8.count)
        head.append(#"{"from":"#)
        head.append(author)
        head.append(#","id":""#)
        head.append(Array(String(epoch, radix: 36).utf8))
        head.append(".")
        self.head = head.bytes
    }

    /// - Parameters:
    ///   - text: what the author says: a text message.
    ///   - number: its place in the order of the channel.
    ///   - time: when it got that: milliseconds since 1970-01-01 00:00 UTC.
    func object(_ text: BorrowedMessage, number: UInt64, time: Int64) -> WebSocketMessage {
        // Whatever need not be escaped has room for sure.
        var object = JSONWriter(capacity: head.count + text.bytes.byteCount + 96)
        object.append(head)
        object.append(number)
        object.append(#"","text":""#)
        object.append(escaping: text.bytes)
        object.append(#"","time":"#)
        object.append(time)
        object.append(#","type":"message"}"#)
        return object.message
    }
}
