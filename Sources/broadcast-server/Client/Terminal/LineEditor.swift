import CLibEdit
import Glibc

/// The line that a user types at a terminal, edited with libedit (editline(3)), while others write above it.
///
/// One thread reads; any thread may write. libedit knows one thread only, so who uses it takes a turn, and the reading
/// thread gives its turn away while it waits for a key: a message appears even in the middle of an escape sequence.
@safe final class LineEditor: @unchecked Sendable {
    // Reason for the unchecked conformance: everything below is touched only between `takeTurn` and `endTurn`, which
    // `eraser` and the functions of keys check; `keys` is the reading thread's own.
    let turn = Monitor(Turn())
    let editor: OpaquePointer
    private let history: OpaquePointer
    let assistance: Assistance
    /// What libedit is given as the prompt: it must stay in place until it is replaced.
    private var promptText: UnsafeMutablePointer<CChar>
    var prompt: LinePrompt
    /// How the terminal was set before, which libedit does not remember exactly.
    private let initialMode = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    private(set) var isEditing = false
    private(set) var isClosed = false
    /// Whether the user was told how to leave since there was something in the line.
    var hasHinted = false
    /// What the line is laid out for.
    var reflow = LineReflow(columns: LineEditor.terminalColumns)
    /// When the program went on after it was stopped by the key.
    private var lastReturn = ContinuousClock.now - LineEditor.delayOfSignals
    /// How much later than the program itself the signal for that may come here.
    private static let delayOfSignals = Duration.seconds(1)
    /// Keys that were taken for the beginning of a report, and are none.
    private var keys: [Unicode.Scalar] = []

    static let input = Descriptor.standardInput
    static let output = Descriptor.standardOutput
    /// How many lines can be called back with the arrow keys.
    static let historyLines = Int32(LineHistory.maximumLines)

    /// What the editor is given by those who know what the lines are for.
    struct Assistance: Sendable {
        /// What is told when Ctrl-C is pressed where there is nothing to clear.
        var hint = ""
        /// What the Tab key makes of what stands before the cursor. Called on the reading thread.
        var complete: @Sendable (String) -> Completion = { _ in Completion(of: "", commands: [], names: []) }
        /// Where lines are kept from one run to the next; nil for nowhere.
        var history: LineHistory?
    }

    struct Turn: Sendable {
        var isTaken = false
        /// Whether the shell has the terminal until the program is continued; nobody writes meanwhile.
        var isAway = false
        /// The new width, while it is found out what it has made of the line; nobody writes meanwhile.
        var measuredColumns: Int?
        /// How many reports of the cursor were asked for and have not come.
        var expectedReports = 0
    }

    /// Whether a person sits at both ends, at a terminal whose cursor can be moved.
    static var isPossible: Bool {
        let terminal = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        return input.isTerminal && output.isTerminal && terminal != "" && terminal != "dumb"
    }

    /// Takes the terminal of the standard input and output; ``close()`` gives it back. In the background the process stops
    /// until it is brought to the foreground.
    init(prompt: String, assistance: Assistance = Assistance()) throws(Failure) {
        TerminalText.useUTF8()
        do throws(SystemError) {
            try JobControl.claimTerminal(Self.input)
        } catch {
            throw Failure(.inputOutput, "The terminal cannot be used: \(error).")
        }
        self.prompt = LinePrompt(text: prompt)
        self.assistance = assistance
        unsafe tcgetattr(Self.input.number, initialMode)
        guard let input = unsafe fdopen(Self.input.number, "r"), let output = unsafe fdopen(Self.output.number, "w"),
            let editor = unsafe el_init("broadcast-server", input, output, output), let history = unsafe history_init(),
            let promptText = unsafe strdup(prompt)
        else {
            throw Failure(.systemError, "The terminal cannot be used: \(SystemError()).")
        }
        unsafe self.editor = editor
        unsafe self.history = history
        unsafe self.promptText = promptText
        unsafe cedit_set_client_data(editor, Unmanaged.passUnretained(self).toOpaque())
        unsafe cedit_set_prompt(editor) { editor in unsafe LineEditor.of(editor).promptText }
        unsafe cedit_set_reader(editor) { editor, character in
            unsafe LineEditor.of(editor).readCharacter(into: character)
        }
        unsafe cedit_set_key_map(editor, "emacs")
        unsafe cedit_set_history_size(history, Self.historyLines)
        unsafe cedit_set_history_unique(history, 1)
        unsafe cedit_set_history(editor, history)
        for line in assistance.history?.lines() ?? [] { unsafe cedit_add_to_history(history, line) }
        // The user's own bindings, of ~/.editrc.
        unsafe el_source(editor, nil)
        bindKeys()
    }

    deinit {
        unsafe el_end(editor)
        unsafe history_end(history)
        unsafe free(promptText)
        unsafe initialMode.deallocate()
    }

    static func of(_ editor: OpaquePointer?) -> LineEditor {
        guard let editor = unsafe editor, let pointer = unsafe cedit_client_data(editor) else {
            preconditionFailure("libedit calls back for an editor that was made here.")
        }
        return unsafe Unmanaged<LineEditor>.fromOpaque(pointer).takeUnretainedValue()
    }

    // MARK: Reading

    /// Blocks the calling thread until a line was entered, which is then erased from the screen; nil at the end of the
    /// input, and once the editor is closed. One thread may call this.
    func readLine() -> String? {
        takeTurn()
        defer { endTurn() }
        guard !isClosed else { return nil }
        isEditing = true
        // Before the prompt appears: libedit sets the terminal only afterwards, and a Ctrl-D in between would be lost.
        unsafe cedit_prepare_terminal(editor, 1)
        var count: Int32 = 0
        let start = unsafe el_gets(editor, &count)
        isEditing = false
        guard !isClosed else { return nil }
        guard let start = unsafe start, count > 0 else {
            try? Self.output.write(eraser(over: []))
            return nil
        }
        var line = unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: Int(count)), as: UTF8.self)
        if line.last == "\n" { line.removeLast() }
        // Enter has put the cursor on the row below the line.
        try? Self.output.write(eraser(over: line.unicodeScalars, rowsBelow: 1))
        hasHinted = false
        if line.contains(where: { $0 != " " }) {
            unsafe cedit_add_to_history(history, line)
            assistance.history?.add(line)
        }
        return line
    }

    /// libedit asks for the next character (editline(3), EL_GETCFN): 1 when there is one, 0 at the end, -1 on an error.
    private func readCharacter(into character: UnsafeMutablePointer<wchar_t>?) -> Int32 {
        endTurn()
        let result = Result { () throws(SystemError) in try nextKey() }
        takeTurn()
        // A key that is pressed before the terminal has reported its cursor is for the line as it is laid out.
        settleWidth()
        guard !isClosed, let character = unsafe character else { return -1 }
        switch result {
        case .success(let scalar?):
            unsafe character.pointee = wchar_t(scalar.value)
            return 1
        case .success(nil):
            return 0
        case .failure(let error):
            errno = error.code
            return -1
        }
    }

    /// The next character that a person has typed: reports of the terminal are taken out.
    private func nextKey() throws(SystemError) -> Unicode.Scalar? {
        while keys.isEmpty {
            guard let scalar = try Self.nextScalar() else { return nil }
            keys.append(scalar)
            guard scalar == "\u{1B}", turn.withLock({ $0.expectedReports > 0 }) else { break }
            var report = CursorReport()
            var progress = report.push(scalar)
            while progress == .unfinished, let next = try Self.nextScalar() {
                keys.append(next)
                progress = report.push(next)
            }
            guard case .finished(let column) = progress else { break }
            keys = []
            takeReport(column: column)
        }
        return keys.removeFirst()
    }

    /// The next character of the terminal; bytes that are no UTF-8 are passed over.
    private static func nextScalar() throws(SystemError) -> Unicode.Scalar? {
        var bytes: [UInt8] = []
        while let byte = try input.readInForeground(atMost: 1).first {
            // A byte that begins a character (RFC 3629 section 3) ends whatever was incomplete.
            if byte & 0b1100_0000 != 0b1000_0000 { bytes = [] }
            bytes.append(byte)
            if let text = String(validating: bytes, as: UTF8.self) { return text.unicodeScalars.first }
            if bytes.count == 4 { bytes = [] }
        }
        return nil
    }

    // MARK: Drawing

    /// Writes whole lines above the one that is typed, which comes back below as it was, with another prompt if one is
    /// given.
    func write(_ bytes: [UInt8], prompt new: LinePrompt? = nil) throws(SystemError) {
        takeTurnToWrite()
        defer { endTurn() }
        let changes = new != nil && new != prompt
        guard isEditing, !isClosed else {
            if changes, let new { replacePrompt(new) }
            return try Self.output.write(bytes)
        }
        guard changes || !bytes.isEmpty else { return }
        let eraser = eraser()
        if changes, let new { replacePrompt(new) }
        try Self.output.write(eraser + bytes)
        unsafe cedit_refresh(editor)
    }

    func replacePrompt(_ new: LinePrompt) {
        guard let copy = unsafe strdup(new.laidOut(columns: reflow.columns)) else { return }
        unsafe free(promptText)
        unsafe promptText = copy
        prompt = new
    }

    /// Erases the line, has something done, and draws the line again. Called by libedit for a key.
    func redraw(after body: () -> Void) {
        try? Self.output.write(eraser())
        body()
        unsafe cedit_refresh(editor)
    }

    /// Takes the terminal again after the program was stopped and continued (SIGCONT): the shell has had it meanwhile, and
    /// has left the cursor where the line is to begin.
    func resume() {
        takeTurn()
        defer { endTurn() }
        // Who was stopped by the key has taken it already.
        guard ContinuousClock.now - lastReturn > Self.delayOfSignals else { return }
        guard !isClosed, isEditing, !turn.withLock({ $0.isAway }), JobControl.isInForeground(of: Self.input)
        else { return }
        try? Self.output.write(Self.eraser(rows: 0))
        enterTerminal()
    }

    /// Stops the program like Ctrl-Z elsewhere. Called by libedit, during the reading thread's turn.
    func suspend() {
        try? Self.output.write(eraser())
        leaveTerminal()
        turn.withLock { $0.isAway = true }
        // What ends the program meanwhile need not wait for the terminal.
        endTurn()
        JobControl.stop()
        JobControl.awaitForeground(of: Self.input)
        takeTurn()
        turn.withLock { $0.isAway = false }
        guard !isClosed else { return }
        enterTerminal()
        lastReturn = .now
    }

    private func enterTerminal() {
        unsafe cedit_prepare_terminal(editor, 0)
        unsafe cedit_prepare_terminal(editor, 1)
        turn.withLock { $0.measuredColumns = nil }
        adoptWidth()
        unsafe cedit_refresh(editor)
    }

    /// Erases the line and gives the terminal back. What is written afterwards goes straight to it.
    func close() {
        takeTurn()
        defer { endTurn() }
        guard !isClosed else { return }
        if !turn.withLock({ $0.isAway }), JobControl.isInForeground(of: Self.input) {
            if isEditing { try? Self.output.write(eraser()) }
            leaveTerminal()
        }
        isClosed = true
        turn.update { $0.measuredColumns = nil }
        assistance.history?.save()
    }

    /// Sets the terminal as it was before.
    private func leaveTerminal() {
        unsafe cedit_prepare_terminal(editor, 0)
        unsafe tcsetattr(Self.input.number, TCSADRAIN, initialMode)
    }

    /// What erases the prompt and the line, when the cursor stands where libedit has left it.
    private func eraser() -> [UInt8] {
        // While it is measured the line is as wide as it was.
        Self.eraser(rows: rowsAbove())
    }

    /// What takes the cursor from behind a text up to the beginning of the prompt, and erases from there on.
    private func eraser(over text: some Sequence<Unicode.Scalar>, rowsBelow: Int = 0) -> [UInt8] {
        let path = CursorPath(over: drawn(Array(text)), columns: reflow.columns)
        return Self.eraser(rows: path.row + rowsBelow)
    }

    /// ECMA-48 EL, CUU, ED. Row by row, since tmux keeps what is erased from the first row of the window on at once.
    static func eraser(rows: Int) -> [UInt8] {
        Array("\r\u{1B}[K\(String(repeating: "\u{1B}[A\u{1B}[K", count: rows))\u{1B}[J".utf8)
    }

    /// Prompt and text, as they are on the screen.
    func drawn(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        precondition(turn.withLock { $0.isTaken }, "libedit is used without taking a turn.")
        return unsafe Array(String(cString: promptText).unicodeScalars) + text
    }

    /// What stands in the line before the cursor.
    var textBeforeCursor: [Unicode.Scalar] {
        guard let line = unsafe el_wline(editor)?.pointee else { return [] }
        let beforeCursor = unsafe UnsafeBufferPointer(start: line.buffer, count: line.cursor - line.buffer)
        return unsafe beforeCursor.compactMap { Unicode.Scalar(UInt32(bitPattern: $0)) }
    }

    static var terminalColumns: Int {
        var size = winsize()
        let result = unsafe ioctl(output.number, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    // MARK: Turns

    /// - Parameter afterMeasuring: whether to wait, too, until the program has the terminal and it is known where the line is.
    func takeTurn(afterMeasuring: Bool = false) {
        turn.wait { turn -> Void? in
            guard !turn.isTaken, !(afterMeasuring && (turn.isAway || turn.measuredColumns != nil)) else { return nil }
            turn.isTaken = true
            return ()
        }
    }

    func endTurn() {
        turn.update { $0.isTaken = false }
    }
}
