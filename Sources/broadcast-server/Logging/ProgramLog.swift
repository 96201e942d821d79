import LWSSwift
import Logging

/// The log of the program: the console, and a file unless there is to be none, each with its own queue and thread, so
/// that a terminal that stands still keeps nothing from the file.
struct ProgramLog: Sendable {
    private let console: LogQueue
    private let file: LogQueue?
    private let levels: (console: Logger.Level, file: Logger.Level)
    private let keepsMessages: Bool
    private let stream: LogLine.Stream

    /// Opens the log on the standard output and the standard error.
    ///
    /// - Parameters:
    ///   - stream: where on the console log lines go.
    ///   - gathering: how long what is for the console may wait for more.
    ///   - onFailedOutput: called once, on another thread, when the standard output cannot be written.
    init(
        _ settings: LogSettings,
        stream: LogLine.Stream,
        gathering: Duration = LogQueue.Limits().gathering,
        onFailedOutput: @escaping @Sendable (SystemError) -> Void
    ) throws(Failure) {
        let sink = ConsoleSink(
            output: .init(.standardOutput),
            error: .init(.standardError),
            onFailedOutput: onFailedOutput
        )
        try self.init(settings, stream: stream, console: sink, gathering: gathering)
    }

    /// Opens the log on a console of another kind.
    init(
        _ settings: LogSettings,
        stream: LogLine.Stream,
        console sink: some LogSink,
        gathering: Duration = LogQueue.Limits().gathering
    ) throws(Failure) {
        levels = (settings.consoleLevel ?? settings.level, settings.level)
        keepsMessages = settings.keepsMessages
        self.stream = stream
        let console = try LogQueue(sink, limits: .init(gathering: gathering))
        self.console = console
        file = try settings.file.flatMap { file throws(Failure) in
            do throws(Failure) {
                return try Self.open(file, console)
            } catch {
                // Nobody has asked for it.
                guard let level = file.levelWhenMissing else { throw error }
                let line = LogLine(time: .now, level: level, text: error.message, stream: .error)
                if level >= settings.consoleLevel ?? settings.level { console.enqueue(line) }
                return nil
            }
        }
    }

    private static func open(_ file: LogSettings.File, _ console: LogQueue) throws(Failure) -> LogQueue {
        let sink = try FileSink(file) { failure in
            console.enqueue(LogLine(time: .now, level: .error, text: failure, stream: .error))
        }
        // Nobody looks at a file by the millisecond.
        return try LogQueue(sink, limits: .init(gathering: .milliseconds(20)))
    }

    /// A logger that writes here.
    func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in LineLogHandler(log: self, logLevel: min(levels.console, levels.file)) }
    }

    /// Writes one line to console and file, to each if its level allows. Never waits.
    func write(_ level: Logger.Level, _ text: String) {
        write(LogLine(time: .now, level: level, text: text, stream: stream))
    }

    /// Whether what is said is written anywhere.
    var hasMessages: Bool { keepsMessages && min(levels.console, levels.file) <= .info }

    /// Writes what somebody said, if that is to be written anywhere. Such lines come in great numbers.
    func said(_ speaker: Speaker, _ message: BorrowedMessage) {
        guard hasMessages else { return }
        let time = WallTime.now
        if levels.file <= .info {
            file?.enqueue(stream) { [stream] in $0.append(time, speaker, message, on: stream, to: &$1) }
        }
        if levels.console <= .info {
            console.enqueue(stream) { [stream] in $0.append(time, speaker, message, on: stream, to: &$1) }
        }
    }

    /// Writes what was said to the file only, if that is to be written.
    func saidInFile(_ text: @autoclosure () -> String) {
        if keepsMessages { writeToFile(.info, text()) }
    }

    private func write(_ line: LogLine) {
        if line.level >= levels.console { console.enqueue(line) }
        if line.level >= levels.file { file?.enqueue(line) }
    }

    /// Writes one line to the file only.
    func writeToFile(_ level: Logger.Level, _ text: String) {
        guard level >= levels.file else { return }
        file?.enqueue(LogLine(time: .now, level: level, text: text))
    }

    /// Prints a line on the standard output that is not a log line. The text must be fit for a terminal.
    func print(_ text: String) {
        print(Array("\(text)\n".utf8))
    }

    /// Writes bytes on the standard output as they are, without waiting.
    func print(_ bytes: [UInt8]) {
        console.enqueue(output: bytes)
    }

    /// Writes what is the program's very output on the standard output, as it is and without loss. Waits while the reader
    /// of the output is slow. One task at a time may call this.
    func printOutput(_ bytes: [UInt8]) async {
        await console.enqueueWaiting(output: bytes)
    }

    /// Has something done on another thread once everything that was printed so far is written; never when that fails.
    func afterOutput(_ body: @escaping @Sendable () -> Void) {
        console.enqueue(.afterOutput(body))
    }

    /// Changes what stands before the line that is typed at a terminal.
    func setPrompt(_ prompt: LinePrompt) {
        console.enqueue(.prompt(prompt))
    }

    /// Opens the file's path again, so that it can be rotated.
    func reopenFile() {
        file?.enqueue(.reopenFile)
    }

    /// Writes what is left and ends the log, blocking the calling thread meanwhile, on a console that stands still for at
    /// most `limit`. Nothing may be written afterwards.
    func close(atMost limit: Duration? = nil) {
        file?.close(atMost: min(limit ?? .seconds(5), .seconds(5)))
        console.close(atMost: limit)
    }
}
