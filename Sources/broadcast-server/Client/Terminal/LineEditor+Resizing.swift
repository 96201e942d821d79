import CLibEdit

/// What becomes of the line when the window gets another size.
extension LineEditor {
    /// How long a terminal may take to say where its cursor is. While a window is dragged tmux tells its new size up to 250 ms
    /// after it has changed.
    static let patience = Duration.milliseconds(400)

    /// Begins to lay the line out for the size that the terminal has now (SIGWINCH). Some terminals break long rows anew
    /// when their width changes and others do not; where the cursor is tells which, so the terminal is asked for that.
    /// ``endResizing()`` is to be called after a while, for one that does not answer.
    func beginResizing() {
        takeTurn()
        defer { endTurn() }
        // Whoever comes back takes the width that there is then.
        guard !isClosed, !turn.withLock({ $0.isAway }) else { return }
        guard isEditing, JobControl.isInForeground(of: Self.input) else { return adoptWidth() }
        measure()
    }

    /// Asks the terminal where its cursor is.
    private func measure() {
        turn.withLock { turn in
            turn.measuredColumns = Self.terminalColumns
            turn.expectedReports += 1
        }
        try? Self.output.write(CursorReport.request)
    }

    /// Takes a turn when it is known where the line is, also when its width has changed and the signal is still on its way.
    func takeTurnToWrite() {
        takeTurn(afterMeasuring: true)
        guard isEditing, !isClosed, Self.terminalColumns != reflow.columns, JobControl.isInForeground(of: Self.input)
        else { return }
        measure()
        endTurn()
        _ = turn.wait(atMost: Self.patience) { $0.measuredColumns == nil ? () : nil }
        takeTurn()
        settleWidth()
    }

    /// Lays the line out without the terminal's answer, if there was none.
    func endResizing() {
        takeTurn()
        defer { endTurn() }
        settleWidth()
    }

    /// Takes the terminal's answer to what ``beginResizing()`` has asked.
    func takeReport(column: Int) {
        takeTurn()
        defer { endTurn() }
        // An answer for another width than the one there is by now is followed by another.
        let isValid = turn.withLock { turn in
            turn.expectedReports -= 1
            return turn.expectedReports == 0 && turn.measuredColumns == Self.terminalColumns
        }
        let text = drawn(textBeforeCursor)
        guard isValid, let rows = reflow.rowsAbove(text, width: Self.terminalColumns, cursorColumn: column) else {
            return
        }
        settleWidth(rowsAbove: rows)
    }

    /// Lays the line out for the width that the terminal has now, if that was not done yet.
    ///
    /// - Parameter rows: how many rows are above its cursor; nil when the terminal has not told.
    func settleWidth(rowsAbove rows: Int? = nil) {
        let isMeasuring = turn.update { turn in
            defer { turn.measuredColumns = nil }
            return turn.measuredColumns != nil
        }
        guard isMeasuring, !isClosed else { return }
        let rows = rows ?? rowsAbove()
        if isEditing { try? Self.output.write(Self.eraser(rows: rows)) }
        adoptWidth()
        if isEditing { unsafe cedit_refresh(editor) }
    }

    /// How many rows of the line are above its cursor, also after the width has changed.
    func rowsAbove() -> Int {
        reflow.rowsAbove(drawn(textBeforeCursor), width: Self.terminalColumns)
    }

    func adoptWidth() {
        reflow.columns = Self.terminalColumns
        replacePrompt(prompt)
        unsafe el_resize(editor)
    }
}
