import Logging

/// A log file, appended to. Several processes may share one: each call writes whole lines.
struct FileSink: LogSink {
    private let path: String
    private var file: Descriptor
    private var formatter = LogLineFormatter()
    private var hasFailed = false
    /// Empty but while a batch is written.
    private var buffer: [UInt8] = []
    private let onFailure: @Sendable (String) -> Void

    /// Opens the file.
    ///
    /// - Parameter onFailure: called on the queue's thread with a sentence when writing or reopening fails, once until
    ///   it works again.
    init(path: String, onFailure: @escaping @Sendable (String) -> Void = { _ in }) throws(Failure) {
        self.path = path
        self.onFailure = onFailure
        do {
            file = try Descriptor.append(to: path)
        } catch {
            let shownPath = EscapedText.escape(path)
            throw Failure(
                .cannotCreateFile,
                "Cannot write the log file \(shownPath): \(error). Choose another with --log-file, or use --no-log-file."
            )
        }
    }

    mutating func write(_ items: [LogItem]) {
        for item in items {
            switch item {
            case .line(let line):
                formatter.append(line, to: &buffer)
            case .lines(let lines, _):
                // As they are: they may be many, and copying them costs as much as writing them.
                flush()
                put(lines)
            case .reopenFile:
                // What was logged before belongs to the file as it was then.
                flush()
                reopen()
            case .output, .prompt, .afterOutput:
                break
            }
        }
        flush()
    }

    mutating func close() {
        file.close()
    }

    private mutating func flush() {
        guard !buffer.isEmpty else { return }
        put(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func put(_ bytes: [UInt8]) {
        do throws(SystemError) {
            try file.write(bytes)
            hasFailed = false
        } catch {
            if !hasFailed { onFailure("Lines are missing in the log file \(path): \(error).") }
            hasFailed = true
        }
    }

    /// Keeps the old file when the path cannot be opened: better a renamed log than none.
    private mutating func reopen() {
        do throws(SystemError) {
            let reopened = try Descriptor.append(to: path)
            file.close()
            file = reopened
        } catch {
            onFailure("Cannot reopen the log file \(path), so the renamed one is kept: \(error).")
        }
    }
}
