import ArgumentParser
import Logging

/// The flags about logging of the commands that are clients: those of `start`, with defaults of each command.
struct LogFlags: ParsableArguments {
    @Option(\.logLevel, showsDefault: false) var logLevel: LogLevel?
    @Option(\.logFile, showsDefault: false) var logFile: String?
    @Flag(\.noLogFile) var noLogFile: Bool
    @Option(\.logMessages) var logMessages: OnOff?

    /// - Parameter fallback: the file for when nothing is said about it.
    func settings(level: Logger.Level, fallback: LogSettings.File? = nil) -> LogSettings {
        LogSettings(
            level: logLevel?.level ?? level,
            file: noLogFile ? nil : logFile.map { LogSettings.File(path: $0) } ?? fallback,
            keepsMessages: logMessages != .off
        )
    }

    func validate() throws {
        try Self.check(logFile: logFile, noLogFile: noLogFile)
    }

    static func check(logFile: String?, noLogFile: Bool) throws {
        if noLogFile && logFile != nil {
            throw ValidationError("--log-file and --no-log-file exclude each other. Use one of them.")
        }
    }
}
