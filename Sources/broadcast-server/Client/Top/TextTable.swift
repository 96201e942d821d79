/// A table for a terminal, of any width: what is too wide is cut, and what there is no room for is left out.
struct TextTable {
    struct Column {
        let title: String
        var alignsRight = false
        /// Down to how many columns its cells may be cut; nil for one that is shown whole.
        var least: Int?
        /// The highest one is left out first; nil for one that always stays.
        var rank: Int?
    }

    let columns: [Column]
    var rows: [[String]] = []

    private static let gap = "  "

    /// Titles first.
    ///
    /// - Parameter width: of the terminal; nil for as wide as it is.
    func lines(width: Int?) -> [String] {
        let (shown, widths) = layout(width)
        return ([columns.map(\.title)] + rows).map { cells in
            let parts = shown.map { index in
                TerminalText.fitted(cells[index], to: widths[index], alignsRight: columns[index].alignsRight)
            }
            let line = parts.joined(separator: Self.gap)
            // The first one alone may still be too wide.
            let cut = width.map { TerminalText.fitted(line, to: min($0, TerminalText.width(line))) } ?? line
            return String(cut[..<(cut.lastIndex { $0 != " " }.map(cut.index(after:)) ?? cut.startIndex)])
        }
    }

    /// Which columns are shown, and how wide all are.
    private func layout(_ width: Int?) -> (shown: [Int], widths: [Int]) {
        var shown = Array(columns.indices)
        var widths = columns.indices.map { index in
            rows.reduce(TerminalText.width(columns[index].title)) { max($0, TerminalText.width($1[index])) }
        }
        guard let width else { return (shown, widths) }
        func total() -> Int { shown.reduce(0) { $0 + widths[$1] } + Self.gap.count * max(shown.count - 1, 0) }
        let natural = widths
        while total() > width {
            let cuttable = shown.filter { widths[$0] > columns[$0].least ?? .max }
            if let widest = cuttable.max(by: { widths[$0] < widths[$1] }) {
                widths[widest] -= 1
            } else if let last = shown.filter({ columns[$0].rank != nil }).max(by: { rank($0) < rank($1) }) {
                shown.removeAll { $0 == last }
                // There may be room again.
                widths = natural
            } else {
                break
            }
        }
        return (shown, widths)
    }

    private func rank(_ index: Int) -> Int { columns[index].rank ?? 0 }
}
