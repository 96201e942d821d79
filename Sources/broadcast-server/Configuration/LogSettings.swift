import Logging

/// What is logged, and where to besides the console.
struct LogSettings: Equatable {
    static let levelRule = "Use one of: " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ") + "."

    /// The least severe level that is logged.
    var level: Logger.Level
    /// The path of the log file; nil for none.
    var file: String?
    /// The least severe level that the console shows, when it is another one.
    var consoleLevel: Logger.Level?
}
