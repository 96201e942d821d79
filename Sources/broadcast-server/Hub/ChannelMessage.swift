import LWSSwift

/// How a member is spoken to.
enum MemberForm: Int, CaseIterable, Sendable {
    case text
    case json
}

/// What goes to the members of a channel. Each form of it is made once, and only if somebody is to get it.
enum ChannelMessage: Sendable {
    /// Somebody said a text.
    case said(Saying)
    /// Passes unchanged.
    case binary(WebSocketMessage)
    /// Who came, left, or has another name: for those who speak JSON.
    case announcement(ServerObject)

    struct Saying: Sendable {
        let from: Member
        /// How members of plain text get it.
        let envelope: Envelope
        let text: WebSocketMessage
    }

    /// About how many bytes it takes while it has no form yet.
    var byteCount: Int {
        switch self {
        case .said(let saying): saying.text.bytes.count
        case .binary(let message): message.bytes.count
        case .announcement: 0
        }
    }

    /// What members of `form` get; nil for nothing.
    ///
    /// - Parameters:
    ///   - id: the message's number in the order of its channel.
    ///   - time: when it got that: milliseconds since 1970-01-01 00:00 UTC.
    func encoded(
        as form: MemberForm,
        id: UInt64,
        time: @autoclosure () -> Int64 = WallTime.now.milliseconds
    ) -> BroadcastForm? {
        switch (self, form) {
        case (.said(let saying), .text):
            saying.envelope.put(saying.text, by: saying.from.name)
        case (.said(let saying), .json):
            BroadcastForm(
                ChatProtocol.encode(
                    ServerObject.message(
                        ChatMessage(id: id, from: saying.from, time: time(), text: saying.text.text ?? "")
                    )
                )
            )
        case (.binary(let message), _): BroadcastForm(message)
        case (.announcement, .text): nil
        case (.announcement(let object), .json): BroadcastForm(ChatProtocol.encode(object))
        }
    }
}
