import LWSSwift
import Logging

/// The log of the program: the console, and a file unless there is to be none, each with its own queue and thread, so
/// that a terminal that stands still keeps nothing from the file.
struct ProgramLog: Sendable {
    private let console: LogQueue
    private let file: LogFileSlot
    private let thresholds: LogThresholds
    private let stream: LogLine.Stream
    /// How lines are written, as long as the program runs.
    let format: LogFormat

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
            // A program whose log goes elsewhere has its own output there.
            output: .init(.standardOutput, isLog: stream == .output),
            error: .init(.standardError, isLog: true),
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
        self.stream = stream
        format = settings.format
        let console = try LogQueue(sink, settings.format, limits: .init(gathering: gathering))
        self.console = console
        let file = try Self.open(settings, console)
        self.file = LogFileSlot(file)
        thresholds = LogThresholds(Self.thresholds(settings, hasFile: file != nil))
    }

    /// nil when there is to be none, or one that nobody has asked for cannot be had.
    private static func open(_ settings: LogSettings, _ console: LogQueue) throws(Failure) -> LogFileSlot.File? {
        guard let file = settings.file else { return nil }
        do throws(Failure) {
            let sink = try FileSink(file) { failure in
                console.enqueue(LogLine(time: .now, level: .error, text: failure, stream: .error))
            }
            // Nobody looks at a file by the millisecond.
            let queue = try LogQueue(sink, settings.format, limits: .init(gathering: .milliseconds(20)))
            return LogFileSlot.File(path: file.path, queue: queue, lock: sink.lock)
        } catch {
            guard let level = file.levelWhenMissing else { throw error }
            let line = LogLine(time: .now, level: level, text: error.message, stream: .error)
            if level >= settings.consoleLevel ?? settings.level { console.enqueue(line) }
            return nil
        }
    }

    private static func thresholds(_ settings: LogSettings, hasFile: Bool) -> LogThresholds.Values {
        LogThresholds.Values(
            console: settings.consoleLevel ?? settings.level,
            file: hasFile ? settings.level : nil,
            keepsMessages: settings.keepsMessages
        )
    }

    // MARK: Changes

    /// Other settings that can be had: the file is open.
    struct Change: Sendable {
        fileprivate let settings: LogSettings
        /// nil when the one that is open stays.
        fileprivate let file: LogFileSlot.File??
    }

    /// Gets ready to log otherwise, which can fail; nothing is changed yet.
    func prepare(_ settings: LogSettings) throws(Failure) -> Change {
        if let path = settings.file?.path, path == file.path { return Change(settings: settings, file: .none) }
        return Change(settings: settings, file: .some(try Self.open(settings, console)))
    }

    /// Logs otherwise from now on. Waits until the file before has all that was meant for it, for five seconds at most.
    func make(_ change: Change) async {
        let old = change.file.flatMap { file.exchange(for: $0) }
        thresholds.values = Self.thresholds(change.settings, hasFile: file.path != nil)
        await Self.close(old)
    }

    /// Leaves everything as it is, after all.
    func drop(_ change: Change) async {
        await Self.close(change.file ?? nil)
    }

    private static func close(_ file: LogFileSlot.File?) async {
        guard let file else { return }
        // Without a thread for it its own thread ends it all the same, once it is asked to.
        try? await BackgroundThread.run { file.queue.close(atMost: .seconds(5)) }
    }

    // MARK: Lines

    /// The least severe level that is written anywhere.
    var level: Logger.Level { thresholds.values.least }

    /// A logger that writes here.
    func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in LineLogHandler(log: self) }
    }

    /// Writes one line to console and file, to each if its level allows. Never waits.
    func write(_ level: Logger.Level, _ text: String, _ fields: Logger.Metadata = [:]) {
        write(LogLine(time: .now, level: level, text: text, fields: fields, stream: stream))
    }

    /// Tells whoever looks at the console that something is done, whatever the level, and the file if it has such lines: a
    /// line of its own for people, and one of the log for programs.
    func announce(_ text: String, _ event: LogEventName, _ fields: Logger.Metadata) {
        var fields = fields
        fields[Logger.eventKey] = .string(event.rawValue)
        let line = LogLine(time: .now, level: .info, text: text, fields: fields, stream: .output)
        switch format {
        case .text: print(text)
        case .json: console.enqueue(line)
        }
        if thresholds.values.goesToFile(.info) { file.use { $0.enqueue(line) } }
    }

    /// Whether what is said is written anywhere.
    var hasMessages: Bool { thresholds.values.hasMessages }

    /// Writes what somebody said, if that is to be written anywhere. Such lines come in great numbers.
    func said(_ speaker: Speaker, _ message: BorrowedMessage) {
        let thresholds = thresholds.values
        guard thresholds.hasMessages else { return }
        let time = WallTime.now
        if thresholds.goesToFile(.info) {
            file.use { file in
                file.enqueue(stream) { [stream] in $0.append(time, speaker, message, on: stream, to: &$1) }
            }
        }
        if thresholds.showsOnConsole(.info) {
            console.enqueue(stream) { [stream] in $0.append(time, speaker, message, on: stream, to: &$1) }
        }
    }

    /// Writes what was said to the file only, if that is to be written.
    func saidInFile(_ text: @autoclosure () -> String) {
        if thresholds.values.keepsMessages { writeToFile(.info, text()) }
    }

    private func write(_ line: LogLine) {
        let thresholds = thresholds.values
        if thresholds.showsOnConsole(line.level) { console.enqueue(line) }
        if thresholds.goesToFile(line.level) { file.use { $0.enqueue(line) } }
    }

    /// Writes one line to the file only.
    func writeToFile(_ level: Logger.Level, _ text: String) {
        guard thresholds.values.goesToFile(level) else { return }
        file.use { $0.enqueue(LogLine(time: .now, level: level, text: text)) }
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
        file.use { $0.enqueue(.reopenFile) }
    }

    /// Lets the program that is to take the place of this one have the file too, though nobody else was to write to it.
    func lendFile() {
        file.lock?.lend()
    }

    /// That program has ended: the file is this one's alone again.
    func takeFileBack() {
        file.lock?.takeBack()
    }

    /// Writes what is left and ends the log, blocking the calling thread meanwhile, on a console that stands still for at
    /// most `limit`. Nothing may be written afterwards.
    func close(atMost limit: Duration? = nil) {
        file.exchange(for: nil)?.queue.close(atMost: min(limit ?? .seconds(5), .seconds(5)))
        console.close(atMost: limit)
    }
}
