import Logging

/// The console when a line is typed at it: everything appears above that line, without the times and levels that the log
/// file has.
struct TerminalSink: LogSink {
    private let editor: LineEditor
    let isColored: Bool
    private var hasFailed = false
    private let onFailedOutput: @Sendable (SystemError) -> Void

    /// - Parameter onFailedOutput: called once, on the queue's thread, when the terminal cannot be written.
    init(_ editor: LineEditor, isColored: Bool, onFailedOutput: @escaping @Sendable (SystemError) -> Void) {
        self.editor = editor
        self.isColored = isColored
        self.onFailedOutput = onFailedOutput
    }

    mutating func write(_ items: [LogItem]) {
        var buffer: [UInt8] = []
        for item in items {
            switch item {
            case .line(let line): buffer += format(line).utf8
            case .output(let bytes), .lines(let bytes, _): buffer += bytes
            case .prompt(let text): editor.setPrompt(text)
            case .afterOutput(let body):
                put(buffer)
                buffer = []
                if !hasFailed { body() }
            case .reopenFile: break
            }
        }
        put(buffer)
    }

    private mutating func put(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, !hasFailed else { return }
        do throws(SystemError) {
            try editor.write(bytes)
        } catch {
            hasFailed = true
            onFailedOutput(error)
        }
    }

    mutating func close() {
        editor.close()
    }

    private func format(_ line: LogLine) -> String {
        let text = EscapedText.escape(line.text)
        guard isColored else { return "\(text)\n" }
        let style =
            switch line.level {
            case ..<(.warning): TerminalStyle.dim
            case .warning: TerminalStyle.yellow
            default: TerminalStyle.red
            }
        return "\(style)\(text)\(TerminalStyle.reset)\n"
    }
}
