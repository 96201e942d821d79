import LWSSwift

/// Who says something in a channel.
struct Author: Sendable {
    let member: Member
    /// What stands before its texts for members of plain text.
    let prefix: String
    /// Of the positions in its channel.
    let epoch: UInt64

    /// What it says, as each kind of member gets it.
    var envelope: BroadcastEnvelope {
        let template = ChatMessageTemplate(from: member, epoch: epoch)
        return BroadcastEnvelope(
            MemberForm.allCases.map { form in
                switch form {
                case .text: .message(prefix: prefix)
                case .json:
                    .other { message, place in
                        guard message.kind == .text else { return message.message }
                        return template.object(message, number: place.position.number, time: place.time)
                    }
                }
            },
            userInfo: member
        )
    }
}
