import Logging

/// The log of the program: the console, and a file unless there is to be none, each with its own queue and thread, so
/// that a terminal that stands still keeps nothing from the file.
struct ProgramLog: Sendable {
    private let console: LogQueue
    private let file: LogQueue?
    private let level: Logger.Level
    private let stream: LogLine.Stream

    /// Opens the log.
    ///
    /// - Parameters:
    ///   - stream: where on the console log lines go.
    ///   - onFailedOutput: called once, on another thread, when the standard output cannot be written.
    init(
        _ settings: LogSettings,
        stream: LogLine.Stream,
        onFailedOutput: @escaping @Sendable (SystemError) -> Void
    ) throws(Failure) {
        level = settings.level
        self.stream = stream
        let sink = ConsoleSink(
            output: .init(.standardOutput),
            error: .init(.standardError),
            onFailedOutput: onFailedOutput
        )
        let console = try LogQueue(sink)
        self.console = console
        if let path = settings.file {
            let sink = try FileSink(path: path) { failure in
                console.enqueue(.line(LogLine(time: .now, level: .error, text: failure, stream: .error)))
            }
            file = try LogQueue(sink)
        } else {
            file = nil
        }
    }

    /// A logger that writes here.
    func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in LineLogHandler(log: self, logLevel: level) }
    }

    /// Writes one line to console and file, whatever the level is set to. Never waits.
    func write(_ level: Logger.Level, _ text: String) {
        let line = LogLine(time: .now, level: level, text: text, stream: stream)
        console.enqueue(.line(line))
        file?.enqueue(.line(line))
    }

    /// Writes one line to the file only.
    func writeToFile(_ level: Logger.Level, _ text: String) {
        guard level >= self.level else { return }
        file?.enqueue(.line(LogLine(time: .now, level: level, text: text)))
    }

    /// Prints a line on the standard output that is not a log line.
    func print(_ text: String) {
        console.enqueue(.plain(text))
    }

    /// Prints what is the program's very output, in the form of a log line: on the standard output whatever the level is
    /// set to, and without loss. Waits while the reader of the output is slow. One task at a time may call this.
    ///
    /// - Parameter logged: the text for the file, perhaps shorter.
    func printOutput(_ text: String, logged: String) async {
        writeToFile(.info, logged)
        await console.enqueueWaiting(.line(LogLine(time: .now, level: .info, text: text, stream: .output)))
    }

    /// Shows a prompt below everything that is written from now on.
    func showPrompt(_ text: String) {
        console.enqueue(.showPrompt(text))
    }

    /// Shows the prompt again, after the user has answered it.
    func promptWasAnswered() {
        console.enqueue(.promptAnswered)
    }

    func hidePrompt() {
        console.enqueue(.hidePrompt)
    }

    /// Opens the file's path again, so that it can be rotated.
    func reopenFile() {
        file?.enqueue(.reopenFile)
    }

    /// Writes what is left and ends the log, blocking the calling thread meanwhile, on a console that stands still for at
    /// most `limit`. Nothing may be written afterwards.
    func close(atMost limit: Duration? = nil) {
        file?.close(atMost: .seconds(5))
        console.close(atMost: limit)
    }
}
