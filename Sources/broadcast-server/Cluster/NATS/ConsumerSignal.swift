/// What a consumer sends beside the messages of its stream.
enum ConsumerSignal: Equatable {
    /// It is there, and has nothing to send. Where it stands still, it waits for an answer at this subject.
    case heartbeat(stalledAt: String?)
    /// It sends more when it has an answer at this subject.
    case flowControl(String)

    /// How often it gives a sign of life when it has nothing else.
    static let interval = Duration.milliseconds(500)
    /// After how much silence it is taken for gone.
    static let silence = Duration.milliseconds(2_000)

    /// nil for a message of the stream, and for anything else.
    init?(_ message: NATSMessage) {
        guard message.status == "100" else { return nil }
        self = message.reply.map(Self.flowControl) ?? .heartbeat(stalledAt: message.stalledAt)
    }
}
