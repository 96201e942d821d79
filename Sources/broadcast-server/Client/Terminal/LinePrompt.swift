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

    /// As libedit is given it, a row for each line that waits.
    ///
    /// - Parameter columns: the width of the terminal. A row is cut before its last column, where terminals differ.
    func laidOut(columns: Int) -> String {
        guard !waiting.isEmpty else { return text }
        let rows = (earlierCount > 0 ? ["… \(earlierCount) more"] : []) + waiting.map { "… \(EscapedText.escape($0))" }
        return rows.map { Self.cut($0, toColumns: columns - 1) + "\n" }.joined() + text
    }

    private static func cut(_ text: String, toColumns columns: Int) -> String {
        var shown = String.UnicodeScalarView()
        // What there is room for beside an ellipsis.
        var beginning = shown
        var width = 0
        // One row needs no more than a few characters for each column.
        for scalar in text.unicodeScalars.prefix(8 * max(columns, 1)) {
            width += max(Int(wcwidth(wchar_t(scalar.value))), 0)
            guard width <= columns else { return String(beginning) + "…" }
            shown.append(scalar)
            if width < columns { beginning.append(scalar) }
        }
        return String(shown)
    }
}
