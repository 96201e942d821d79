internal import DequeModule

/// How much of what members have missed is sent to them in a turn of the loop, so that thousands that come back at once do
/// not keep what is new from those who stayed: who gets no more in this turn goes on in a later one. They are served one
/// after the other, in the order in which they came, so that the first need not wait for the last. Confined to the loop's
/// thread.
struct ReplayTurns {
    /// Some fifty microseconds' worth.
    private static let bytesPerTurn = 64 << 10

    private var left = bytesPerTurn
    private var waiting: Deque<Subscriber> = []
    private var current: Subscriber?

    var isEmpty: Bool { waiting.isEmpty }

    mutating func beginTurn() {
        left = Self.bytesPerTurn
    }

    /// Who is to go on next in this turn; nil at the end of it.
    mutating func next() -> Subscriber? {
        current = left > 0 ? waiting.popFirst() : nil
        current?.waitsToReplay = false
        return current
    }

    /// Whether one may be sent more now; else it is its turn later.
    mutating func admits(_ subscriber: Subscriber) -> Bool {
        if left > 0 { return true }
        guard !subscriber.waitsToReplay else { return false }
        subscriber.waitsToReplay = true
        if subscriber === current { waiting.prepend(subscriber) } else { waiting.append(subscriber) }
        return false
    }

    mutating func count(_ byteCount: Int) {
        left -= byteCount
    }
}
