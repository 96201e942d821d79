import LWSSwift

/// Who says something in a channel, as each kind of member is told.
struct Author: BroadcastEnvelope {
    let member: Member
    /// What stands before the text for members of plain text, as their envelope has it.
    let prefix: String

    func form(of message: BorrowedMessage, for format: Int, number: UInt64) -> BroadcastForm {
        guard format == MemberForm.json.rawValue else { return .message(prefix: prefix) }
        return message.kind == .binary ? .message() : .other(object(message, id: number))
    }

    /// - Parameters:
    ///   - id: the message's number in the order of its channel.
    ///   - time: when it got that: milliseconds since 1970-01-01 00:00 UTC.
    func object(_ message: BorrowedMessage, id: UInt64, time: Int64 = WallTime.now.milliseconds) -> WebSocketMessage {
        let said = ChatMessage(id: id, from: member, time: time, text: message.text ?? "")
        return ChatProtocol.encode(ServerObject.message(said))
    }
}
