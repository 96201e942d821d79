import CLibEdit
import Glibc

/// The line that a user types at a terminal, edited with libedit (editline(3)), while others write above it.
///
/// One thread reads; any thread may write. libedit knows one thread only, so who uses it takes a turn, and the reading
/// thread gives its turn away while it waits for a key: a message appears even in the middle of an escape sequence.
@safe final class LineEditor: @unchecked Sendable {
    // Reason for the unchecked conformance: everything below is touched only between `takeTurn` and `endTurn`, which
    // the private functions check.
    private let turn = Monitor(false)
    private let editor: OpaquePointer
    private let history: OpaquePointer
    /// What libedit is given as the prompt: it must stay in place until it is replaced.
    private var prompt: UnsafeMutablePointer<CChar>
    /// How the terminal was set before, which libedit does not remember exactly.
    private let initialMode = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    private var isEditing = false
    private var isClosed = false
    /// The width of the terminal for which the line is laid out.
    private var columns = LineEditor.terminalColumns

    private static let input = Descriptor.standardInput
    private static let output = Descriptor.standardOutput
    /// How many lines can be called back with the arrow keys. They are kept in memory only.
    static let historyLines: Int32 = 500

    /// Whether a person sits at both ends, at a terminal whose cursor can be moved.
    static var isPossible: Bool {
        let terminal = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        return input.isTerminal && output.isTerminal && terminal != "" && terminal != "dumb"
    }

    /// Takes the terminal of the standard input and output; ``close()`` gives it back.
    init(prompt: String) throws(Failure) {
        Self.useUTF8()
        unsafe tcgetattr(Self.input.number, initialMode)
        guard let input = unsafe fdopen(Self.input.number, "r"), let output = unsafe fdopen(Self.output.number, "w"),
            let editor = unsafe el_init("broadcast-server", input, output, output), let history = unsafe history_init(),
            let prompt = unsafe strdup(prompt)
        else {
            throw Failure(.systemError, "The terminal cannot be used: \(SystemError()).")
        }
        unsafe self.editor = editor
        unsafe self.history = history
        unsafe self.prompt = prompt
        unsafe cedit_set_client_data(editor, Unmanaged.passUnretained(self).toOpaque())
        unsafe cedit_set_prompt(editor) { editor in unsafe LineEditor.of(editor).prompt }
        unsafe cedit_set_reader(editor) { editor, character in
            unsafe LineEditor.of(editor).readCharacter(into: character)
        }
        unsafe cedit_set_key_map(editor, "emacs")
        unsafe cedit_set_history_size(history, Self.historyLines)
        unsafe cedit_set_history_unique(history, 1)
        unsafe cedit_set_history(editor, history)
        // The user's own bindings, of ~/.editrc.
        unsafe el_source(editor, nil)
        bindKeys()
    }

    /// While a line is edited, Ctrl-C and Ctrl-Z are keys like others, and no signals.
    private func bindKeys() {
        unsafe cedit_set_terminal(editor, "-isig")
        unsafe cedit_add_function(editor, "clear-line", "Erase the line") { editor, _ in
            let end = unsafe el_cursor(editor, Int32.max / 2)
            unsafe el_deletestr(editor, end)
            return UInt8(CC_REFRESH)
        }
        unsafe cedit_bind(editor, "^C", "clear-line")
        unsafe cedit_add_function(editor, "suspend", "Give the terminal back to the shell") { editor, _ in
            unsafe LineEditor.of(editor).suspend()
            return UInt8(CC_NORM)
        }
        unsafe cedit_bind(editor, "^Z", "suspend")
    }

    deinit {
        unsafe el_end(editor)
        unsafe history_end(history)
        unsafe free(prompt)
        unsafe initialMode.deallocate()
    }

    /// Has the C library read and measure UTF-8, whatever the environment says: that is what travels over the wire.
    private static func useUTF8() {
        _ = unsafe setlocale(LC_CTYPE, "")
        let codeset = unsafe String(cString: nl_langinfo(nl_item(CODESET)))
        if codeset != "UTF-8" { _ = unsafe setlocale(LC_CTYPE, "C.UTF-8") }
    }

    private static func of(_ editor: OpaquePointer?) -> LineEditor {
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
        if line.contains(where: { $0 != " " }) { unsafe cedit_add_to_history(history, line) }
        return line
    }

    /// libedit asks for the next character (editline(3), EL_GETCFN): 1 when there is one, 0 at the end, -1 on an error.
    private func readCharacter(into character: UnsafeMutablePointer<wchar_t>?) -> Int32 {
        endTurn()
        let result = Result { () throws(SystemError) in try Self.nextScalar() }
        takeTurn()
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

    /// The next character of the terminal; bytes that are no UTF-8 are passed over.
    private static func nextScalar() throws(SystemError) -> Unicode.Scalar? {
        var bytes: [UInt8] = []
        while let byte = try input.read(atMost: 1).first {
            // A byte that begins a character (RFC 3629 section 3) ends whatever was incomplete.
            if byte & 0b1100_0000 != 0b1000_0000 { bytes = [] }
            bytes.append(byte)
            if let text = String(validating: bytes, as: UTF8.self) { return text.unicodeScalars.first }
            if bytes.count == 4 { bytes = [] }
        }
        return nil
    }

    // MARK: Drawing

    /// Writes whole lines above the one that is typed, which comes back below as it was.
    func write(_ bytes: [UInt8]) throws(SystemError) {
        takeTurn()
        defer { endTurn() }
        guard isEditing, !isClosed else { return try Self.output.write(bytes) }
        try Self.output.write(eraser() + bytes)
        unsafe cedit_refresh(editor)
    }

    /// Shows another prompt from now on.
    func setPrompt(_ text: String) {
        redraw(if: { unsafe String(cString: prompt) != text }) {
            guard let copy = unsafe strdup(text) else { return }
            unsafe free(prompt)
            unsafe prompt = copy
        }
    }

    /// Lays the line out for the size that the terminal has now (SIGWINCH).
    func resize() {
        redraw {
            columns = Self.terminalColumns
            unsafe el_resize(editor)
        }
    }

    /// Takes the terminal again after the program was stopped and continued (SIGCONT): the shell has had it meanwhile.
    func resume() {
        redraw {
            unsafe cedit_prepare_terminal(editor, 0)
            unsafe cedit_prepare_terminal(editor, 1)
        }
    }

    /// Stops the program like Ctrl-Z elsewhere. Called by libedit, during the reading thread's turn.
    private func suspend() {
        try? Self.output.write(eraser())
        leaveTerminal()
        JobControl.stop()
        unsafe cedit_prepare_terminal(editor, 1)
        unsafe cedit_refresh(editor)
    }

    /// Erases the line and gives the terminal back. What is written afterwards goes straight to it.
    func close() {
        takeTurn()
        defer { endTurn() }
        guard !isClosed else { return }
        if isEditing { try? Self.output.write(eraser()) }
        leaveTerminal()
        isClosed = true
    }

    /// Sets the terminal as it was before.
    private func leaveTerminal() {
        unsafe cedit_prepare_terminal(editor, 0)
        unsafe tcsetattr(Self.input.number, TCSADRAIN, initialMode)
    }

    private func redraw(if isNeeded: () -> Bool = { true }, after change: () -> Void) {
        takeTurn()
        defer { endTurn() }
        guard !isClosed, isNeeded() else { return }
        let eraser = isEditing ? eraser() : []
        change()
        guard isEditing else { return }
        try? Self.output.write(eraser)
        unsafe cedit_refresh(editor)
    }

    /// What erases the prompt and the line, when the cursor stands where libedit has left it.
    private func eraser() -> [UInt8] {
        guard let line = unsafe el_wline(editor)?.pointee else { return [] }
        let beforeCursor = unsafe UnsafeBufferPointer(start: line.buffer, count: line.cursor - line.buffer)
        return unsafe eraser(over: beforeCursor.compactMap { Unicode.Scalar(UInt32(bitPattern: $0)) })
    }

    /// What takes the cursor from behind a text up to the beginning of the prompt, and erases from there on (ECMA-48 CUU,
    /// ED).
    private func eraser(over text: some Sequence<Unicode.Scalar>, rowsBelow: Int = 0) -> [UInt8] {
        precondition(turn.withLock { $0 }, "libedit is used without taking a turn.")
        let all = unsafe Array(String(cString: prompt).unicodeScalars) + text
        // When the width has just changed, some terminals break long rows anew and others do not. Of the two heights that
        // the line may have then, the lesser one is erased: better a remainder of it than to lose what stands above.
        let heights = [columns, Self.terminalColumns].map { columns in
            var path = CursorPath(columns: columns)
            path.advance(over: all)
            return path.row
        }
        let rows = (heights.min() ?? 0) + rowsBelow
        return Array("\(rows > 0 ? "\u{1B}[\(rows)A" : "")\r\u{1B}[J".utf8)
    }

    private static var terminalColumns: Int {
        var size = winsize()
        let result = unsafe ioctl(output.number, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    // MARK: Turns

    private func takeTurn() {
        turn.wait { isTaken -> Void? in
            guard !isTaken else { return nil }
            isTaken = true
            return ()
        }
    }

    private func endTurn() {
        turn.update { $0 = false }
    }
}
