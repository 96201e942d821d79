/// The console when a line is typed at it: everything appears above that line, without the times and levels that the log
/// file has.
struct TerminalSink: LogSink {
    private let editor: LineEditor
    private let isColored: Bool
    private var hasFailed = false
    private let onFailedOutput: @Sendable (SystemError) -> Void

    /// - Parameter onFailedOutput: called once, on the queue's thread, when the terminal cannot be written.
    init(_ editor: LineEditor, isColored: Bool, onFailedOutput: @escaping @Sendable (SystemError) -> Void) {
        self.editor = editor
        self.isColored = isColored
        self.onFailedOutput = onFailedOutput
    }

    var style: LogLineFormatter.Style {
        LogLineFormatter.Style(isDated: false, isOutputColored: isColored, isErrorColored: isColored)
    }

    mutating func write(_ batch: LogBatch) {
        // Both streams are the terminal: what belongs together is written together.
        var buffer: [UInt8] = []
        var prompt: LinePrompt?
        batch.forEach { bytes, _ in
            buffer += bytes
        } step: { step in
            switch step {
            // The last one counts.
            case .prompt(let new): prompt = new
            case .afterOutput(let body):
                put(buffer, nil)
                buffer = []
                if !hasFailed { body() }
            case .reopenFile: break
            }
        }
        put(buffer, prompt)
    }

    private mutating func put(_ bytes: [UInt8], _ prompt: LinePrompt?) {
        guard !bytes.isEmpty || prompt != nil, !hasFailed else { return }
        do throws(SystemError) {
            try editor.write(bytes, prompt: prompt)
        } catch {
            hasFailed = true
            onFailedOutput(error)
        }
    }

    mutating func close() {
        editor.close()
    }
}
