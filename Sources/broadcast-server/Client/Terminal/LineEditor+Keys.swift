import CLibEdit
import Glibc

/// What keys do that libedit does not know. libedit calls these functions during the reading thread's turn.
extension LineEditor {
    /// While a line is edited, Ctrl-C and Ctrl-Z are keys like others, and no signals.
    func bindKeys() {
        unsafe cedit_set_terminal(editor, "-isig")
        unsafe cedit_add_function(editor, "clear-line", "Erase the line") { editor, _ in
            unsafe LineEditor.of(editor).clear()
        }
        unsafe cedit_bind(editor, "^C", "clear-line")
        unsafe cedit_add_function(editor, "suspend", "Give the terminal back to the shell") { editor, _ in
            unsafe LineEditor.of(editor).suspend()
            return UInt8(CC_NORM)
        }
        unsafe cedit_bind(editor, "^Z", "suspend")
        unsafe cedit_add_function(editor, "complete", "Complete a command or a name") { editor, _ in
            unsafe LineEditor.of(editor).complete()
        }
        unsafe cedit_bind(editor, "^I", "complete")
    }

    /// Erases the line; where there is none, tells how to leave, once.
    private func clear() -> UInt8 {
        let end = unsafe el_cursor(editor, Int32.max / 2)
        if end > 0 {
            hasHinted = false
            unsafe el_deletestr(editor, end)
            return UInt8(CC_REFRESH)
        }
        if !hasHinted { tell(assistance.hint) }
        hasHinted = true
        return UInt8(CC_NORM)
    }

    private func complete() -> UInt8 {
        let completion = assistance.complete(String(String.UnicodeScalarView(textBeforeCursor)))
        guard completion.text.isEmpty else {
            unsafe el_deletestr(editor, Int32(completion.replaced))
            unsafe el_insertstr(editor, completion.text)
            return UInt8(CC_REFRESH)
        }
        guard !completion.candidates.isEmpty else { return UInt8(CC_REFRESH_BEEP) }
        tell(completion.candidates.joined(separator: "  "))
        return UInt8(CC_NORM)
    }

    /// Writes a line above the one that is typed.
    private func tell(_ text: String) {
        redraw { try? Self.output.write(Array("\(text)\n".utf8)) }
    }
}
