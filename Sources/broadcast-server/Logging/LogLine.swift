import Logging

/// One line of the log, before it is formatted.
struct LogLine: Sendable {
    /// Which of the console's two streams shows the line.
    enum Stream: Sendable {
        case output
        case error
    }

    let time: WallTime
    let level: Logger.Level
    let text: String
    /// What programs read (``LogEventName``).
    var fields: Logger.Metadata = [:]
    var stream = Stream.output
}
