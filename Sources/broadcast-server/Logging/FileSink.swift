import Glibc

/// A log file, appended to. Several processes may share one that they were told of: each call writes whole lines.
struct FileSink: LogSink {
    private let path: String
    private var file: Descriptor
    /// Whether nobody else is to write to it.
    private let isOwn: Bool
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
        isOwn = settings.levelWhenMissing != nil
        self.onFailure = onFailure
        do throws(SystemError) {
            file = try Descriptor.append(to: path)
        } catch {
            throw Self.failure(path, Self.reason(error))
        }
        guard isOwn, !file.lock() else { return }
        file.close()
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
        file.close()
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
            if isOwn { _ = reopened.lock() }
            file.close()
            file = reopened
        } catch {
            onFailure("Cannot reopen the log file \(path), so the renamed one is kept: \(error).")
        }
    }
}
