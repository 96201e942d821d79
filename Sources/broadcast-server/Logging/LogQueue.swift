import Logging

/// A bounded queue before a sink, with a thread of its own that empties it: who logs never waits for a disk or terminal.
///
/// When the sink cannot keep up and the queue is full, further lines are left out; a line in their place says how many.
/// The thread gathers lines for a moment before it writes, so that a busy server makes a few large writes instead of two
/// wake-ups and a write for each line.
final class LogQueue: Sendable {
    /// The bounds of the queue.
    struct Limits: Sendable {
        /// The most memory that lines may take while they wait, in bytes, roughly.
        var capacity = 4 << 20
        /// How long a line may wait for others to be written with.
        var gathering = Duration.milliseconds(5)
    }

    private struct State: Sendable {
        var items: [LogItem] = []
        /// Lines behind the items that were formatted when they were logged.
        var block: [UInt8] = []
        var blockStream = LogLine.Stream.output
        var formatter = LogLineFormatter()
        /// Storage for the next block.
        var spareBlock: [UInt8] = []
        var cost = 0
        var droppedCount = 0
        /// Whether the thread waits for the first item, and so has to be woken for it.
        var isIdle = false
        var isClosing = false
        var hasEnded = false

        /// Makes an item of the block.
        mutating func seal() {
            guard !block.isEmpty else { return }
            items.append(.lines(block, blockStream))
            block = []
            swap(&block, &spareBlock)
        }
    }

    private let limits: Limits
    private let monitor = Monitor(State())
    /// Rings after each batch the thread took.
    private let room = Bell()

    /// Starts the thread that writes to `sink`.
    init(_ sink: some LogSink, limits: Limits = Limits()) throws(Failure) {
        self.limits = limits
        try BackgroundThread.start { [monitor, limits, room] in
            Self.serve(sink, monitor, limits, room)
        }
    }

    /// Queues an item, or counts it as dropped when the queue is full. Never blocks; may be called on any thread.
    func enqueue(_ item: LogItem) {
        add(item, isForced: false)
    }

    /// Queues an item for certain, and waits while the queue is full. One task at a time may call this; cancelling it
    /// ends the wait.
    func enqueueWaiting(_ item: LogItem) async {
        add(item, isForced: true)
        while monitor.withLock({ $0.cost > limits.capacity && !$0.hasEnded }), !Task.isCancelled {
            await room.wait()
        }
    }

    /// Writes what is queued and ends the thread and the sink. Blocks the calling thread, but not longer than `limit`,
    /// when there is one: it is for the end of the program. Nothing may be queued afterwards.
    func close(atMost limit: Duration? = nil) {
        monitor.update { $0.isClosing = true }
        if let limit {
            _ = monitor.wait(atMost: limit) { $0.hasEnded ? true : nil }
        } else {
            monitor.wait { $0.hasEnded ? () : nil }
        }
    }

    /// Queues a line that is formatted at once, or counts it as dropped when the queue is full. Never blocks; may be called
    /// on any thread.
    ///
    /// - Parameter format: appends the line.
    func enqueue(_ stream: LogLine.Stream, format: (inout LogLineFormatter, inout [UInt8]) -> Void) {
        add(cost: 0, mayDrop: true) { state in
            if state.blockStream != stream { state.seal() }
            state.blockStream = stream
            let length = state.block.count
            format(&state.formatter, &state.block)
            state.cost += state.block.count - length
        }
    }

    private func add(_ item: LogItem, isForced: Bool) {
        add(cost: item.cost, mayDrop: item.isDroppable && !isForced) { state in
            state.seal()
            state.items.append(item)
            state.cost += item.cost
        }
    }

    /// - Parameters:
    ///   - cost: what is known of it beforehand.
    ///   - append: appends something, and counts its cost.
    private func add(cost: Int, mayDrop: Bool, _ append: (inout State) -> Void) {
        let needsWake = monitor.withLock { state in
            if mayDrop, state.cost + cost > limits.capacity {
                state.droppedCount += 1
                return false
            }
            let wasHalfFull = state.cost > limits.capacity / 2
            append(&state)
            // A half full queue cuts the gathering short.
            let isHalfFull = state.cost > limits.capacity / 2
            return state.isIdle || (isHalfFull && !wasHalfFull)
        }
        if needsWake { monitor.wake() }
    }

    // MARK: The thread

    /// The largest batch whose storage is kept for the next.
    private static let keptItems = 4_096
    /// The largest block of formatted lines whose storage is kept for the next.
    private static let keptBlockBytes = 1 << 20

    private static func serve(
        _ sink: some LogSink,
        _ monitor: Monitor<State>,
        _ limits: Limits,
        _ room: Bell
    ) {
        var sink = sink
        var isClosing = false
        // Swapped with the queue's array, so that both keep their storage.
        var items: [LogItem] = []
        while !isClosing {
            monitor.wait { state in
                state.isIdle = state.items.isEmpty && state.block.isEmpty && !state.isClosing
                return state.isIdle ? nil : ()
            }
            _ = monitor.wait(atMost: limits.gathering) { state in
                state.isClosing || state.cost > limits.capacity / 2 ? () : nil
            }
            let (droppedCount, closes) = monitor.withLock { state in
                state.seal()
                swap(&state.items, &items)
                defer {
                    state.cost = 0
                    state.droppedCount = 0
                }
                return (state.droppedCount, state.isClosing)
            }
            room.ring()
            isClosing = closes
            sink.write(items)
            if let block = Self.takeBlock(from: &items) { monitor.withLock { $0.spareBlock = block } }
            items.removeAll(keepingCapacity: items.count <= Self.keptItems)
            if droppedCount > 0 { sink.write([dropNotice(droppedCount)]) }
        }
        sink.close()
        monitor.update { $0.hasEnded = true }
        room.finish()
    }

    /// The storage of the last block that was written, emptied, unless it is too large to be kept.
    private static func takeBlock(from items: inout [LogItem]) -> [UInt8]? {
        guard case .lines(var block, _)? = items.last, block.capacity <= keptBlockBytes else { return nil }
        // The array lets go of it, which would have to be copied otherwise.
        items.removeLast()
        block.removeAll(keepingCapacity: true)
        return block
    }

    private static func dropNotice(_ count: Int) -> LogItem {
        let text = "\(count) log lines were left out here, because they came faster than they could be written."
        return .line(LogLine(time: .now, level: .warning, text: text, stream: .error))
    }
}
