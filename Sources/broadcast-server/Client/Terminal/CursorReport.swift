/// Reads a terminal's report of where its cursor is, `ESC [ row ; column R` (ECMA-48 CPR), which comes among the keys.
struct CursorReport {
    /// What asks for it (ECMA-48 DSR).
    static let request = Array("\u{1B}[6n".utf8)

    enum Progress: Equatable {
        case unfinished
        /// - Parameter column: from 0.
        case finished(column: Int)
        /// It is something else.
        case other
    }

    private enum Part {
        case start, bracket, row, column
    }

    private var part = Part.start
    private var digits = ""

    /// Takes the next character.
    mutating func push(_ scalar: Unicode.Scalar) -> Progress {
        switch (part, scalar) {
        case (.start, "\u{1B}"): part = .bracket
        case (.bracket, "["): part = .row
        case (.row, "0"..."9"), (.column, "0"..."9"):
            guard digits.count < 5 else { return .other }
            digits.unicodeScalars.append(scalar)
        case (.row, ";") where !digits.isEmpty:
            part = .column
            digits = ""
        case (.column, "R"):
            guard let column = Int(digits), column > 0 else { return .other }
            return .finished(column: column - 1)
        default: return .other
        }
        return .unfinished
    }
}
