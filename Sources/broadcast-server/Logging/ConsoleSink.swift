import Glibc

/// The console: standard output and standard error in the order of their lines.
struct ConsoleSink: LogSink {
    /// One of the two streams.
    struct Output: Sendable {
        let descriptor: Descriptor
        /// Colors are for terminals.
        let isColored: Bool
        /// A stream that failed is left alone from then on.
        private(set) var hasFailed = false

        init(descriptor: Descriptor, isColored: Bool) {
            self.descriptor = descriptor
            self.isColored = isColored
        }

        /// Writes, and returns why when that failed for the first time.
        fileprivate mutating func write(_ bytes: ArraySlice<UInt8>) -> SystemError? {
            guard !hasFailed else { return nil }
            do throws(SystemError) {
                try descriptor.write(bytes)
                return nil
            } catch {
                hasFailed = true
                return error
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
    init(_ descriptor: Descriptor) {
        let wantsColor = Self.variable("NO_COLOR").isEmpty && Self.variable("TERM") != "dumb"
        self.init(descriptor: descriptor, isColored: descriptor.isTerminal && wantsColor)
    }

    private static func variable(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}
