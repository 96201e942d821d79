import Glibc

/// The console: standard output and standard error in the order of their lines.
struct ConsoleSink: LogSink {
    /// One of the two streams.
    struct Output: Sendable {
        /// Colors are for terminals.
        let isColored: Bool
        /// Whether it has nothing but lines of the log, of which some may be missing.
        let isLog: Bool
        private var lines: LineWriter
        private(set) var hasFailed = false
        /// A stream that failed is left alone from then on, but for a log whose disk may have room again.
        private var isGone = false

        init(descriptor: Descriptor, isColored: Bool, isLog: Bool = false) {
            self.isColored = isColored
            self.isLog = isLog
            lines = LineWriter(descriptor)
        }

        /// Writes, and returns why when that failed for the first time.
        fileprivate mutating func write(_ bytes: ArraySlice<UInt8>) -> SystemError? {
            guard !isGone else { return nil }
            do throws(SystemError) {
                try lines.write(bytes)
                return nil
            } catch {
                defer { hasFailed = true }
                isGone = !isLog || (error.code != ENOSPC && error.code != EDQUOT)
                return hasFailed ? nil : error
            }
        }
    }

    private var output: Output
    private var error: Output
    private let onFailedOutput: @Sendable (SystemError) -> Void

    /// - Parameter onFailedOutput: called once, on the queue's thread, when the standard output cannot be written.
    init(output: Output, error: Output, onFailedOutput: @escaping @Sendable (SystemError) -> Void = { _ in }) {
        self.output = output
        self.error = error
        self.onFailedOutput = onFailedOutput
    }

    var style: LogLineFormatter.Style {
        LogLineFormatter.Style(isOutputColored: output.isColored, isErrorColored: error.isColored)
    }

    mutating func write(_ batch: LogBatch) {
        batch.forEach { bytes, stream in
            switch stream {
            case .output:
                if let failure = output.write(bytes) { onFailedOutput(failure) }
            case .error:
                _ = error.write(bytes)
            }
        } step: { step in
            if case .afterOutput(let body) = step, !output.hasFailed { body() }
        }
    }

    mutating func close() {}
}

extension ConsoleSink.Output {
    /// The process' own stream; colored on a terminal that can, unless the user asked for none (no-color.org).
    init(_ descriptor: Descriptor, isLog: Bool = false) {
        let wantsColor = Self.variable("NO_COLOR").isEmpty && Self.variable("TERM") != "dumb"
        self.init(descriptor: descriptor, isColored: descriptor.isTerminal && wantsColor, isLog: isLog)
    }

    private static func variable(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}
