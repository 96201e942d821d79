/// Where the cursor is in a line that was laid out for one width, when the terminal has another by now.
///
/// Some terminals break long rows anew when their width changes, and others do not; where the cursor is tells which.
struct LineReflow {
    /// The width for which the line is laid out.
    var columns: Int
    /// Whether the terminal breaks rows anew, as far as that is known.
    private var breaksRowsAnew: Bool?

    init(columns: Int) {
        self.columns = columns
    }

    /// How many rows of the line are above the one with the cursor, as far as that is known.
    ///
    /// - Parameters:
    ///   - text: prompt and line up to the cursor.
    ///   - width: of the terminal now.
    func rowsAbove(_ text: [Unicode.Scalar], width: Int) -> Int {
        let (kept, broken) = paths(over: text, width)
        guard width != columns else { return kept.row }
        let rows = broken.endsInFullRow ? broken.row - 1 : broken.row
        // Better a remainder of the line than to lose what stands above.
        return breaksRowsAnew.map { $0 ? rows : kept.row } ?? min(rows, kept.row)
    }

    /// How many rows of the line are above the one with the cursor.
    ///
    /// - Parameter cursorColumn: where the terminal says that its cursor is, from 0.
    /// - Returns: nil when the cursor cannot be there: the terminal has another width by now.
    mutating func rowsAbove(_ text: [Unicode.Scalar], width: Int, cursorColumn: Int) -> Int? {
        let (kept, broken) = paths(over: text, width)
        // Libedit writes a space behind a full row, so that the cursor is on the next. Rows that were broken anew have none:
        // there it stays behind the last character, and terminals disagree on which column that is.
        let staysBehind = broken.endsInFullRow && width != columns && cursorColumn >= width - 1
        let isBroken = cursorColumn == broken.column || staysBehind
        let isKept = cursorColumn == min(kept.column, width - 1)
        guard isBroken || isKept else { return nil }
        if isBroken != isKept { breaksRowsAnew = isBroken }
        guard breaksRowsAnew ?? true else { return kept.row }
        return staysBehind ? broken.row - 1 : broken.row
    }

    private func paths(over text: [Unicode.Scalar], _ width: Int) -> (kept: CursorPath, broken: CursorPath) {
        (CursorPath(over: text, columns: columns), CursorPath(over: text, columns: width))
    }
}

extension CursorPath {
    init(over text: some Sequence<Unicode.Scalar>, columns: Int) {
        self.init(columns: columns)
        advance(over: text)
    }

    fileprivate var endsInFullRow: Bool { column == 0 && row > 0 }
}
