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
    /// A line for the console's output that is no log line.
    case plain(String)
    /// Shows the prompt from now on, below everything else.
    case showPrompt(String)
    /// The user has answered the prompt with a line: shows it again.
    case promptAnswered
    case hidePrompt
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
        case .plain(let text): MemoryLayout<LogItem>.stride + text.utf8.count
        default: MemoryLayout<LogItem>.stride
        }
    }
}
