import LWSSwift

/// What somebody says in a channel, in the form that each kind of member gets.
struct Saying: Sendable {
    let from: Member
    /// What stands before the text for members of plain text, as their envelope has it.
    let prefix: String
    let text: WebSocketMessage

    /// - Parameters:
    ///   - id: the message's number in the order of its channel.
    ///   - time: when it got that: milliseconds since 1970-01-01 00:00 UTC.
    func object(id: UInt64, time: Int64 = WallTime.now.milliseconds) -> ServerObject {
        .message(ChatMessage(id: id, from: from, time: time, text: text.text ?? ""))
    }
}

extension Saying: BroadcastContent {
    func form(_ format: Int, number: UInt64) -> BroadcastForm? {
        format == MemberForm.text.rawValue
            ? BroadcastForm(text, prefix: prefix) : object(id: number).form(format, number: number)
    }

    var byteCount: Int { text.byteCount }
}
