import LWSSwift

/// Who says something in a channel.
struct Author: Sendable {
    let member: Member
    /// What stands before its texts for members of plain text.
    let prefix: String

    /// What it says, as each kind of member gets it.
    var envelope: BroadcastEnvelope {
        BroadcastEnvelope(
            MemberForm.allCases.map { form in
                switch form {
                case .text: .message(prefix: prefix)
                case .json:
                    .other { message, place in
                        message.kind == .text ? object(message, id: place.position.number) : message.message
                    }
                }
            }
        )
    }

    /// - Parameters:
    ///   - id: the message's number in the order of its channel.
    ///   - time: when it got that: milliseconds since 1970-01-01 00:00 UTC.
    func object(_ message: BorrowedMessage, id: UInt64, time: Int64 = WallTime.now.milliseconds) -> WebSocketMessage {
        let said = ChatMessage(id: PositionText(number: id), from: member, time: time, text: message.text ?? "")
        return ChatProtocol.encode(ServerObject.message(said))
    }
}
