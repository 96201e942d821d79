import ArgumentParser
import Logging

/// The flags about logging that all commands share.
struct LogFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The least severe level to log: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")). (default: \
            \(Defaults.logLevel))
            """,
            valueName: "level"
        ),
        transform: { text in
            guard let level = Logger.Level(rawValue: text) else { throw ValidationError(LogSettings.levelRule) }
            return level
        }
    )
    var logLevel: Logger.Level?

    @Option(help: ArgumentHelp("Append log lines to this file.", valueName: "path"))
    var logFile: String?

    @Flag(help: "Log to the console only.")
    var noLogFile = false

    @Option(
        help: ArgumentHelp(
            "Whether what people say is logged, besides who comes and goes: on or off. (default: on)",
            valueName: "switch"
        )
    )
    var logMessages: OnOff?

    /// - Parameter fallback: the file for when nothing is said about it.
    func file(else fallback: LogSettings.File? = nil) -> LogSettings.File? {
        noLogFile ? nil : logFile.map { LogSettings.File(path: $0) } ?? fallback
    }

    /// The settings of a client.
    func settings(level: Logger.Level, fallback: LogSettings.File? = nil) -> LogSettings {
        LogSettings(level: logLevel ?? level, file: file(else: fallback), keepsMessages: logMessages != .off)
    }

    func validate() throws {
        if noLogFile && logFile != nil {
            throw ValidationError("--log-file and --no-log-file exclude each other. Use one of them.")
        }
    }
}
