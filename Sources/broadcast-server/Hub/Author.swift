import LWSSwift

/// Who says something in a channel.
struct Author: Sendable {
    let member: Member
    /// What stands before its texts for members of plain text.
    let prefix: String

    /// What it says, as each kind of member gets it.
    var envelope: BroadcastEnvelope {
        let template = ChatMessageTemplate(from: member, epoch: 0)
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
            }
        )
    }
}
