import UnixSignals

/// What the system tells a program at a terminal: that the window has another size (SIGWINCH), and that the program goes
/// on after it was stopped (SIGCONT).
enum TerminalSignals {
    /// Has the editor follow them for the rest of the process.
    static func watch(_ editor: LineEditor) async {
        let signals = await UnixSignalsSequence(trapping: .sigwinch, .sigcont)
        Task {
            for await signal in signals {
                if signal == .sigwinch { editor.resize() } else { editor.resume() }
            }
        }
    }
}
