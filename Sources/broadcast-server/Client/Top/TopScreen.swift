import Glibc

/// The terminal while `top` has it: a screen of its own, in place of what stands there, and no echo of what is typed.
@safe
final class TopScreen: @unchecked Sendable {
    // Reason for the unchecked conformance: the pointer never changes, and what it points to is written before anybody else has
    // this object; the state is behind a lock.
    private let mode = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    private let state = Monitor(State())
    /// Whether keys come from a terminal.
    let hasKeys = Descriptor.standardInput.isTerminal
    private let output = Descriptor.standardOutput
    private let isColored = ConsoleSink.Output(.standardOutput).isColored

    private struct State {
        var wasShown = false
        var isClosed = false
        /// A page is being written.
        var isWriting = false
    }

    /// How long the end waits for a page that a terminal does not take.
    private static let patience = Duration.milliseconds(200)

    init() throws(Failure) {
        TerminalText.useUTF8()
        guard hasKeys else { return }
        do throws(SystemError) {
            try JobControl.claimTerminal(.standardInput)
        } catch {
            throw Failure(.inputOutput, "The terminal cannot be used: \(error).")
        }
        unsafe tcgetattr(STDIN_FILENO, mode)
        var silent = unsafe mode.pointee
        silent.c_lflag &= ~tcflag_t(ICANON | ECHO)
        unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &silent)
    }

    deinit {
        unsafe mode.deallocate()
    }

    /// Gives the terminal back as it was. On any thread, any number of times.
    func close() {
        let isFirst = state.update { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        // What is written of a page behind this would take the screen again.
        _ = state.wait(atMost: Self.patience) { $0.isWriting ? nil : () }
        // With nobody there to see it, nothing more can be done.
        if state.withLock({ $0.wasShown }) { try? output.write(Array("\u{1B}[?25h\u{1B}[?1049l".utf8)) }
        if hasKeys { unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, mode) }
    }

    private var size: (columns: Int, rows: Int) {
        var size = winsize()
        let result = unsafe ioctl(output.number, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 0 && size.ws_row > 0 ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
    }

    /// Shows a page in place of the one before. What was there is overwritten, not erased, which would flicker.
    func show(_ page: TopPage) throws {
        let (columns, rows) = size
        var text = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[H"
        let lines = page.lines(width: columns, height: rows)
        for (index, line) in lines.enumerated() {
            if isColored, line.isHeading {
                text += "\u{1B}[7m\(TerminalText.fitted(line.text, to: columns))\u{1B}[0m"
            } else {
                text += "\(line.text)\u{1B}[K"
            }
            // Behind the last line of the screen everything would move up.
            if index < lines.count - 1 { text += "\r\n" }
        }
        text += "\u{1B}[J"
        let isOpen = state.update { state in
            if !state.isClosed { (state.wasShown, state.isWriting) = (true, true) }
            return !state.isClosed
        }
        guard isOpen else { return }
        defer { state.update { $0.isWriting = false } }
        try CommandOutput.print(text)
    }
}
