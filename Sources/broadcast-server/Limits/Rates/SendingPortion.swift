/// How much a connection may still send before it is looked up what is left of its rates: a subtraction and a comparison for
/// each message.
struct SendingPortion: Sendable, Equatable {
    /// Less one message: below zero the portion is used up.
    private var messagesLeft = 0
    private var bytesLeft = 0

    /// Nothing: the first message is looked into.
    init() {}

    init(_ amount: MessageAmount) {
        messagesLeft = amount.messages - 1
        bytesLeft = amount.bytes
    }

    /// Counts a message.
    ///
    /// - Returns: whether the portion is used up.
    @inline(__always)
    mutating func count(_ byteCount: Int) -> Bool {
        messagesLeft &-= 1
        bytesLeft &-= byteCount
        return (messagesLeft | bytesLeft) < 0
    }

    /// How much of it was used, or beyond it.
    func used(of amount: MessageAmount) -> MessageAmount {
        MessageAmount(messages: amount.messages - 1 - messagesLeft, bytes: amount.bytes - bytesLeft)
    }
}
