/// The lines of the standard input, read by a thread of their own, since reading a terminal blocks.
///
/// The thread reads only when it is asked: each call to ``next()`` lets it read one piece of at most 64 KiB, so that what
/// it has read ahead is bounded by that and one unfinished line. It works alike for terminals, pipes and files.
struct InputLines: Sendable {
    static let pieceBytes = 64 << 10

    private let permits = Monitor(0)
    private let pieces: AsyncStream<Result<[LineSplitter.Line], SystemError>>

    /// Starts the thread. It lasts until the input ends, or the process does.
    init(_ input: Descriptor, maximumLineBytes: Int) throws(Failure) {
        let (pieces, continuation) = AsyncStream.makeStream(of: Result<[LineSplitter.Line], SystemError>.self)
        self.pieces = pieces
        try BackgroundThread.start { [permits] in
            var splitter = LineSplitter(maximumBytes: maximumLineBytes)
            do throws(SystemError) {
                while true {
                    permits.wait { count -> Void? in
                        guard count > 0 else { return nil }
                        count -= 1
                        return ()
                    }
                    let bytes = try input.read(atMost: Self.pieceBytes)
                    guard !bytes.isEmpty else { break }
                    continuation.yield(.success(splitter.push(bytes)))
                }
                if let last = splitter.finish() { continuation.yield(.success([last])) }
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
    }

    /// The lines that came with the next piece, perhaps none; nil at the end, and when the task is cancelled. One task
    /// at a time may call it.
    func next() async throws(SystemError) -> [LineSplitter.Line]? {
        permits.update { $0 += 1 }
        var iterator = pieces.makeAsyncIterator()
        return try await iterator.next()?.get()
    }
}
