/// Wakes one waiting task: a ring that comes while nobody waits is kept for the next one who does, any number as one.
struct Bell: Sendable {
    private let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() {
        continuation.yield()
    }

    /// Rings for good: nobody waits any more.
    func finish() {
        continuation.finish()
    }

    /// Waits for a ring; returns at once when the task is cancelled. One task at a time may wait.
    func wait() async {
        var iterator = rings.makeAsyncIterator()
        await iterator.next()
    }
}
