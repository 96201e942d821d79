import Glibc
import Logging

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
        fileprivate mutating func write(_ bytes: [UInt8]) -> SystemError? {
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
    private var formatter = LogLineFormatter()
    private let onFailedOutput: @Sendable (SystemError) -> Void

    private var buffer: [UInt8] = []
    private var bufferStream = LogLine.Stream.output

    /// - Parameter onFailedOutput: called once, on the queue's thread, when the standard output cannot be written.
    init(output: Output, error: Output, onFailedOutput: @escaping @Sendable (SystemError) -> Void = { _ in }) {
        self.output = output
        self.error = error
        self.onFailedOutput = onFailedOutput
    }

    var isColored: Bool { output.isColored }

    mutating func write(_ items: [LogItem]) {
        for item in items {
            switch item {
            case .line(let line):
                select(line.stream)
                let isColored = line.stream == .output ? output.isColored : error.isColored
                formatter.append(line, isColored: isColored, to: &buffer)
            case .lines(let lines, let stream):
                select(stream)
                // As they are: they may be many, and copying them costs as much as writing them.
                flush()
                put(lines)
            case .output(let bytes):
                select(.output)
                buffer += bytes
            case .afterOutput(let body):
                flush()
                if !output.hasFailed { body() }
            case .prompt, .reopenFile:
                break
            }
        }
        flush()
    }

    mutating func close() {}

    /// Lines go to the stream in the order in which they came, so a change of streams writes what is there.
    private mutating func select(_ stream: LogLine.Stream) {
        if stream != bufferStream { flush() }
        bufferStream = stream
    }

    private mutating func flush() {
        guard !buffer.isEmpty else { return }
        put(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func put(_ bytes: [UInt8]) {
        switch bufferStream {
        case .output:
            if let failure = output.write(bytes) { onFailedOutput(failure) }
        case .error:
            _ = error.write(bytes)
        }
    }
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
