/// A message that has no place in the order of its group yet: it has to travel to the loop that gives it one.
struct UnsequencedMessage: Sendable {
    let message: WebSocketMessage
    let envelope: BroadcastEnvelope
    let sender: BroadcastMember?
    let includesSender: Bool
    let onSequenced: (@Sendable (UInt64) -> Void)?

    /// Roughly the memory it takes.
    var byteCount: Int { 64 + message.bytes.count }
}

/// One form of a message, as it is and, when there are members that take it and it is shorter, compressed.
struct EncodedMessage: Sendable {
    /// Goes before the message, if that is text.
    let prefix: String
    let message: WebSocketMessage
    /// Both deflated for the largest window (RFC 7692 section 7.2.1).
    let deflated: [UInt8]?

    var byteCount: Int { prefix.utf8.count + message.bytes.count + (deflated?.count ?? 0) }
}

/// A message that has its place, in every form that has members: what travels from the home loop to the others.
struct SequencedMessage: Sendable {
    let number: UInt64
    let sender: BroadcastMember?
    let includesSender: Bool
    /// By format; nil where there are no members.
    let encodings: [EncodedMessage?]
    let onSequenced: (@Sendable (UInt64) -> Void)?

    /// Roughly the memory it takes.
    var byteCount: Int {
        encodings.reduce(64) { $0 + ($1?.byteCount ?? 0) }
    }
}

/// What a loop has for other loops, gathered during a turn.
struct BroadcastOutbox {
    var toHome: [UnsequencedMessage] = []
    var toOthers: [SequencedMessage] = []
    var isMarked = false
}
