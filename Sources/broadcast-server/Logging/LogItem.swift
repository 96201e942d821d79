import Logging

/// One line of the log before it is formatted, which the writing thread does.
struct LogLine: Sendable {
    /// Which of the console's two streams shows the line.
    enum Stream: Sendable {
        case output
        case error
    }

    let time: WallTime
    let level: Logger.Level
    let text: String
    var stream = Stream.output
}

/// What is queued for a sink, in the order in which it is to happen.
enum LogItem: Sendable {
    case line(LogLine)
    /// Lines that were formatted by those who logged them.
    case lines([UInt8], LogLine.Stream)
    /// Bytes for the console's output that are no log line, as they are.
    case output([UInt8])
    /// What stands before the line that is typed, from now on.
    case prompt(String)
    /// Something to do on the queue's thread once all output before it is written; not done when that fails.
    case afterOutput(@Sendable () -> Void)
    /// Closes the file and opens its path again, after it was renamed to rotate it.
    case reopenFile

    /// Whether it may be left out when the queue is full, and counted instead.
    var isDroppable: Bool {
        if case .line = self { true } else { false }
    }

    /// Roughly the memory it takes in the queue.
    var cost: Int {
        switch self {
        case .line(let line): MemoryLayout<LogItem>.stride + line.text.utf8.count
        case .output(let bytes), .lines(let bytes, _): MemoryLayout<LogItem>.stride + bytes.count
        case .prompt, .afterOutput, .reopenFile: MemoryLayout<LogItem>.stride
        }
    }
}
