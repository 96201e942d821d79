/// What is queued for a sink: bytes for its streams, and what is to be done between them, in order.
struct LogBatch: Sendable {
    /// What is done between the bytes.
    enum Step: Sendable {
        /// What stands before the line that is typed, from now on.
        case prompt(LinePrompt)
        /// Something to do on the queue's thread once all output before it is written; not done when that fails.
        case afterOutput(@Sendable () -> Void)
        /// Closes the file and opens its path again, after it was renamed to rotate it.
        case reopenFile
    }

    private enum Item: Sendable {
        /// From here on the bytes are a stream's.
        case bytes(LogLine.Stream, start: Int)
        case step(Step)
    }

    private var items: [Item] = []
    private var bytes: [UInt8] = []

    /// The most memory that is kept for what is queued next, in bytes.
    private static let keptBytes = 1 << 20

    var isEmpty: Bool { items.isEmpty }
    /// Roughly the memory it takes.
    var cost: Int { bytes.count + items.count * MemoryLayout<Item>.stride }

    /// Appends bytes for a stream: whatever `body` appends to those that are there.
    mutating func append(to stream: LogLine.Stream, _ body: (inout [UInt8]) -> Void) {
        if case .bytes(stream, _)? = items.last {} else { items.append(.bytes(stream, start: bytes.count)) }
        body(&bytes)
    }

    mutating func append(_ step: Step) {
        items.append(.step(step))
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytes)
        items.removeAll(keepingCapacity: items.count <= Self.keptBytes / MemoryLayout<Item>.stride)
    }

    /// Goes through it in order.
    func forEach(bytes take: (ArraySlice<UInt8>, LogLine.Stream) -> Void, step: (Step) -> Void) {
        var end = bytes.endIndex
        var ends: [Int] = []
        for case .bytes(_, let start) in items.reversed() {
            ends.append(end)
            end = start
        }
        for item in items {
            switch item {
            case .bytes(let stream, let start): take(bytes[start..<ends.removeLast()], stream)
            case .step(let content): step(content)
            }
        }
    }
}
