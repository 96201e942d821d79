import Glibc

/// A log file, appended to. Several processes may share one that they were told of: each call writes whole lines.
struct FileSink: LogSink {
    private let path: String
    private var file: LineWriter
    /// Nobody else is to write to the file; nil when others may.
    let lock: LogFileLock?
    private var hasFailed = false
    private let onFailure: @Sendable (String) -> Void

    /// Opens the file.
    ///
    /// - Parameters:
    ///   - settings: one that nobody has asked for must not be another program's already.
    ///   - onFailure: called on the queue's thread with a sentence when writing or reopening fails, once until it works
    ///     again.
    init(_ settings: LogSettings.File, onFailure: @escaping @Sendable (String) -> Void = { _ in }) throws(Failure) {
        path = settings.path
        lock = settings.levelWhenMissing == nil ? nil : LogFileLock()
        self.onFailure = onFailure
        let opened: Descriptor
        do throws(SystemError) {
            opened = try Descriptor.append(to: path)
        } catch {
            throw Self.failure(path, Self.reason(error))
        }
        file = LineWriter(opened)
        guard let lock, !lock.take(opened) else { return }
        opened.close()
        throw Self.failure(path, "another program writes to it")
    }

    private static func failure(_ path: String, _ reason: String) -> Failure {
        Failure(
            .cannotCreateFile,
            "Cannot write the log file \(EscapedText.escape(path)): \(reason). Choose another with --log-file, or use "
                + "--no-log-file."
        )
    }

    private static func reason(_ error: SystemError) -> String {
        switch error.code {
        case ELOOP: "it is a symbolic link, and is not followed"
        case ENXIO: "nobody reads the pipe"
        default: "\(error)"
        }
    }

    var style: LogLineFormatter.Style { LogLineFormatter.Style() }

    mutating func write(_ batch: LogBatch) {
        batch.forEach { bytes, _ in
            put(bytes)
        } step: { step in
            // What was logged before belongs to the file as it was then.
            if case .reopenFile = step { reopen() }
        }
    }

    mutating func close() {
        lock?.drop()
        file.descriptor.close()
    }

    private mutating func put(_ bytes: ArraySlice<UInt8>) {
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
            _ = lock?.take(reopened)
            file.descriptor.close()
            file.move(to: reopened)
        } catch {
            onFailure("Cannot reopen the log file \(path), so the renamed one is kept: \(error).")
        }
    }
}
