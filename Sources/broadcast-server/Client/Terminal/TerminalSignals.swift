import UnixSignals

/// What the system tells a program at a terminal: that the window has another size (SIGWINCH), and that the program goes
/// on after it was stopped (SIGCONT).
enum TerminalSignals {
    /// Has the editor follow them for the rest of the process.
    static func watch(_ editor: LineEditor) async {
        let signals = await UnixSignalsSequence(trapping: .sigwinch, .sigcont)
        Task {
            var waiting: Task<Void, any Error>?
            for await signal in signals {
                guard signal == .sigwinch else {
                    editor.resume()
                    continue
                }
                editor.beginResizing()
                // While a window is dragged, one size follows the other: the last one counts.
                waiting?.cancel()
                waiting = Task {
                    try await Task.sleep(for: LineEditor.patience)
                    editor.endResizing()
                }
            }
        }
    }
}
