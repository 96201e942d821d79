import CLibEdit

/// What stands before the line that is typed, and above it: the lines that were entered and are still on their way.
struct LinePrompt: Equatable, Sendable {
    /// The most lines that are shown of those on their way: the last ones.
    static let shownLines = 3

    var text: String
    /// The last of the lines on their way, at most ``shownLines``.
    var waiting: [String] = []
    /// How many lines there are before those.
    var earlierCount = 0

    /// As libedit is given it, a whole row of the terminal for each line that waits: in a prompt it begins a new row only
    /// where one is full.
    ///
    /// - Parameter columns: the width of the terminal. A text is cut before its last column, where terminals differ.
    func laidOut(columns: Int) -> String {
        guard !waiting.isEmpty else { return text }
        let rows = (earlierCount > 0 ? ["… \(earlierCount) more"] : []) + waiting.map { "… \(EscapedText.escape($0))" }
        return rows.map { Self.row($0, columns: columns) }.joined() + text
    }

    private static func row(_ text: String, columns: Int) -> String {
        let room = columns - 1
        var (shown, width) = (String.UnicodeScalarView(), 0)
        // What there is room for beside an ellipsis.
        var (beginning, beginningWidth) = (shown, 0)
        // One row needs no more than a few characters for each column.
        for scalar in text.unicodeScalars.prefix(8 * max(columns, 1)) {
            width += max(Int(wcwidth(wchar_t(scalar.value))), 0)
            guard width <= room else {
                beginning.append("…")
                return padded(beginning, width: beginningWidth + 1, columns: columns)
            }
            shown.append(scalar)
            if width < room { (beginning, beginningWidth) = (shown, width) }
        }
        return padded(shown, width: width, columns: columns)
    }

    private static func padded(_ text: String.UnicodeScalarView, width: Int, columns: Int) -> String {
        String(text) + String(repeating: " ", count: max(columns - width, 0))
    }
}
