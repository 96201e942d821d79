/// Reads on a thread of its own, since reading a terminal or a pipe blocks, and no task may.
///
/// The thread reads only when it is asked: each call to ``next()`` lets it read one piece, so that what was read and not
/// yet fetched is bounded by `readsAhead` pieces.
struct BlockingReader<Piece: Sendable>: Sendable {
    private let permits: Monitor<Int>
    private let pieces: AsyncStream<Result<Piece, SystemError>>

    /// Starts the thread. It lasts until the input ends, or the process does.
    ///
    /// - Parameters:
    ///   - readsAhead: how many pieces it reads without being asked.
    ///   - source: what `read` works on.
    ///   - read: blocks until there is a piece; nil at the end of the input.
    init<Source: Sendable>(
        readsAhead: Int = 0,
        from source: Source,
        _ read: @escaping @Sendable (inout Source) throws(SystemError) -> Piece?
    ) throws(Failure) {
        let permits = Monitor(readsAhead)
        self.permits = permits
        let (pieces, continuation) = AsyncStream.makeStream(of: Result<Piece, SystemError>.self)
        self.pieces = pieces
        try BackgroundThread.start {
            JobControl.unblockSignals()
            var source = source
            do throws(SystemError) {
                while true {
                    permits.wait { count -> Void? in
                        guard count > 0 else { return nil }
                        count -= 1
                        return ()
                    }
                    guard let piece = try read(&source) else { break }
                    continuation.yield(.success(piece))
                }
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
    }

    /// The next piece; nil at the end, and when the task is cancelled. One task at a time may call it.
    func next() async throws(SystemError) -> Piece? {
        permits.update { $0 += 1 }
        var iterator = pieces.makeAsyncIterator()
        return try await iterator.next()?.get()
    }
}
