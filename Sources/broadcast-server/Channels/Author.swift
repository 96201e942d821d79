import LWSSwift

/// Who says something in a channel.
struct Author: Sendable {
    let member: Member
    /// The form of its texts for members of plain text.
    let form: Envelope
    /// Of the positions in its channel.
    let epoch: UInt64

    /// What it says, as each kind of member gets it.
    var envelope: BroadcastEnvelope {
        let prefix = form.prefix(for: member.name)
        let template = ChatMessageTemplate(from: member, epoch: epoch)
        return BroadcastEnvelope(
            MemberForm.allCases.map { kind in
                switch kind {
                case .text: .message(prefix: prefix, lineMark: form.lineMark)
                case .textEvents, .quietTextEvents: .message(prefix: prefix)
                case .json, .quietJSON:
                    .other { message, place in
                        guard message.kind == .text else { return message.message }
                        return template.object(message, number: place.position.number, time: place.time)
                    }
                case .jsonEvents, .quietJSONEvents:
                    .other { message, place in
                        guard message.kind == .text else { return binaryObject(message, place) }
                        return template.object(message, number: place.position.number, time: place.time)
                    }
                }
            },
            userInfo: member
        )
    }

    /// As in a page of the history.
    private func binaryObject(_ message: BorrowedMessage, _ place: BroadcastContext) -> WebSocketMessage {
        ChatProtocol.encode(
            PastMessage(
                id: PositionText(place.position),
                from: member,
                time: place.time,
                content: .binary(message.message.bytes)
            )
        )
    }
}
