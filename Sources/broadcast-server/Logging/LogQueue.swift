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

    fileprivate struct State: Sendable {
        var batch = LogBatch()
        /// Lines are formatted when they are logged: while a text is at hand that costs less than to keep it for another thread.
        var formatter: LogLineFormatter
        var droppedCount = 0
        /// Whether the thread waits for the first line, and so has to be woken for it.
        var isIdle = false
        var isClosing = false
        var hasEnded = false
    }

    private let limits: Limits
    private let monitor: Monitor<State>
    /// Rings after each batch the thread took.
    private let room = Bell()

    /// Starts the thread that writes to `sink`.
    init(_ sink: some LogSink, _ format: LogFormat = .text, limits: Limits = Limits()) throws(Failure) {
        self.limits = limits
        monitor = Monitor(State(formatter: LogLineFormatter(sink.style, format)))
        try BackgroundThread.start { [monitor, limits, room] in
            Self.serve(sink, monitor, limits, room)
        }
    }

    /// Queues a line, or counts it as dropped when the queue is full. Never blocks; may be called on any thread.
    func enqueue(_ line: LogLine) {
        enqueue(line.stream) { $0.append(line, to: &$1) }
    }

    /// The same for a line that `format` appends.
    func enqueue(_ stream: LogLine.Stream, format: (inout LogLineFormatter, inout [UInt8]) -> Void) {
        add(mayDrop: true) { state in
            state.batch.append(to: stream) { format(&state.formatter, &$0) }
        }
    }

    /// Queues bytes that are no line of the log, for the output, as they are. Never blocks.
    func enqueue(output bytes: [UInt8]) {
        add(mayDrop: false) { $0.batch.append(to: .output) { $0 += bytes } }
    }

    /// The same, waiting while the queue is full. One task at a time may call this; cancelling it ends the wait.
    func enqueueWaiting(output bytes: [UInt8]) async {
        enqueue(output: bytes)
        while monitor.withLock({ $0.batch.cost > limits.capacity && !$0.hasEnded }), !Task.isCancelled {
            await room.wait()
        }
    }

    /// Queues something to do. Never blocks.
    func enqueue(_ step: LogBatch.Step) {
        add(mayDrop: false) { $0.batch.append(step) }
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

    private func add(mayDrop: Bool, _ append: (inout State) -> Void) {
        let needsWake = monitor.withLock { state in
            if mayDrop, state.batch.cost > limits.capacity {
                state.droppedCount += 1
                return false
            }
            let wasHalfFull = state.batch.cost > limits.capacity / 2
            append(&state)
            // A half full queue cuts the gathering short.
            let isHalfFull = state.batch.cost > limits.capacity / 2
            return state.isIdle || (isHalfFull && !wasHalfFull)
        }
        if needsWake { monitor.wake() }
    }

    // MARK: The thread

    private static func serve(
        _ sink: some LogSink,
        _ monitor: Monitor<State>,
        _ limits: Limits,
        _ room: Bell
    ) {
        var sink = sink
        var isClosing = false
        // Swapped with the queue's, so that both keep their storage.
        var batch = LogBatch()
        while !isClosing {
            monitor.wait { state in
                state.isIdle = state.batch.isEmpty && !state.isClosing
                return state.isIdle ? nil : ()
            }
            _ = monitor.wait(atMost: limits.gathering) { state in
                state.isClosing || state.batch.cost > limits.capacity / 2 ? () : nil
            }
            isClosing = monitor.withLock { state in
                if state.droppedCount > 0 { state.appendDropNotice() }
                swap(&state.batch, &batch)
                return state.isClosing
            }
            room.ring()
            sink.write(batch)
            batch.removeAll()
        }
        sink.close()
        monitor.update { $0.hasEnded = true }
        room.finish()
    }
}

extension LogQueue.State {
    /// Tells how many lines are missing, behind those that are not.
    fileprivate mutating func appendDropNotice() {
        let text = "\(droppedCount) log lines were left out here, because they came faster than they could be written."
        droppedCount = 0
        let notice = LogLine(time: .now, level: .warning, text: text, stream: .error)
        batch.append(to: notice.stream) { formatter.append(notice, to: &$0) }
    }
}
