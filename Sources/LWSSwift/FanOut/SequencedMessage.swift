/// A message that has no place in the order of its group yet: it has to travel to the loop that gives it one.
struct UnsequencedMessage: Sendable {
    let message: WebSocketMessage
    let envelope: BroadcastEnvelope
    let dispatch: Sequencer.Dispatch
}

/// One form of a message, as it is and, when there are members that take it and it is shorter, compressed.
struct EncodedMessage: Sendable {
    /// What goes around it.
    let form: BroadcastEnvelope.Form
    let message: WebSocketMessage
    /// With what goes before it deflated for the largest window (RFC 7692 section 7.2.1).
    let deflated: [UInt8]?

    var byteCount: Int { form.prefix.utf8.count + message.bytes.count + (deflated?.count ?? 0) }
}

/// A message that has its place, in every form that has members: what travels from the home loop to the others.
struct SequencedMessage: Sendable {
    let message: WebSocketMessage
    let envelope: BroadcastEnvelope
    let place: BroadcastContext
    let isPublication: Bool
    /// What the history keeps of a publication; nil when it keeps nothing of it.
    let record: BroadcastRecord.Stored?
    let sender: BroadcastMember?
    let includesSender: Bool
    let tag: BroadcastGroup.SessionTag?
    /// By format; nil where there were no members, or none gets it.
    let encodings: [EncodedMessage?]
    let onSequenced: (@Sendable (BroadcastContext) -> Void)?
}

/// What goes from one loop to another, in order.
enum Relayed<Message: Sendable>: Sendable {
    case message(Message)
    /// Runs at its place among the messages, on one of the loops they go to.
    case call(on: ServiceLoop, @Sendable () -> Void)
}

extension Relayed<UnsequencedMessage> {
    /// Roughly the memory it takes.
    var byteCount: Int {
        switch self {
        case .message(let message): 64 + message.message.bytes.count
        case .call: 64
        }
    }
}

extension Relayed<SequencedMessage> {
    /// Roughly the memory it takes.
    var byteCount: Int {
        switch self {
        case .message(let message): message.encodings.reduce(64) { $0 + ($1?.byteCount ?? 0) }
        case .call: 64
        }
    }
}

/// What a loop has for other loops, gathered during a turn.
struct BroadcastOutbox {
    var toHome: [Relayed<UnsequencedMessage>] = []
    var toOthers: [Relayed<SequencedMessage>] = []
    var isMarked = false
}
