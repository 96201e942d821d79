import Logging

/// What is logged, and where to besides the console.
struct LogSettings: Equatable {
    /// A log file.
    struct File: Equatable {
        var path: String
        /// nil for one that was asked for. One that nobody has asked for is left out where it cannot be written, or another
        /// program writes to it, and that is told at this level.
        var levelWhenMissing: Logger.Level?
    }

    /// The least severe level that is logged.
    var level: Logger.Level
    /// nil for none.
    var file: File?
    /// The least severe level that the console shows, when it is another one.
    var consoleLevel: Logger.Level?
    /// Whether what people say is logged.
    var keepsMessages = true
    /// How lines are written.
    var format = LogFormat.text
}
