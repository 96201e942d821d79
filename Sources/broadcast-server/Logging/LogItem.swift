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
    let text: LogText
    var stream = Stream.output
}

extension LogLine {
    init(time: WallTime, level: Logger.Level, text: String, stream: Stream = .output) {
        self.init(time: time, level: level, text: .plain(text), stream: stream)
    }
}

/// What is queued for a sink, in the order in which it is to happen.
enum LogItem: Sendable {
    case line(LogLine)
    /// Bytes for the console's output that are no log line, as they are.
    case output([UInt8])
    /// What stands before the line that is typed, from now on.
    case prompt(String)
    /// Closes the file and opens its path again, after it was renamed to rotate it.
    case reopenFile

    /// Whether it may be left out when the queue is full, and counted instead.
    var isDroppable: Bool {
        if case .line = self { true } else { false }
    }

    /// Roughly the memory it takes in the queue.
    var cost: Int {
        switch self {
        case .line(let line): MemoryLayout<LogItem>.stride + line.text.cost
        case .output(let bytes): MemoryLayout<LogItem>.stride + bytes.count
        case .prompt, .reopenFile: MemoryLayout<LogItem>.stride
        }
    }
}
