import CLibEdit

/// Follows the cursor of a terminal over prompt and line, laid out as libedit does it (refresh.c, `re_addc`): a wide
/// character that no longer fits goes to the next row, and a full row ends in the first column of the next one.
struct CursorPath: Equatable {
    private(set) var row = 0
    private(set) var column = 0
    private let columns: Int

    /// - Parameter columns: the width of the terminal; at least 2, as libedit has it.
    init(columns: Int) {
        self.columns = max(columns, 2)
    }

    mutating func advance(over text: some Sequence<Unicode.Scalar>) {
        for scalar in text { advance(over: scalar) }
    }

    private mutating func advance(over scalar: Unicode.Scalar) {
        switch scalar {
        case "\n":
            row += 1
            column = 0
        case "\t":
            repeat { move(by: 1) } while column % 8 != 0
        default:
            let width = Int(wcwidth(wchar_t(scalar.value)))
            if width >= 0 {
                if column + width > columns { move(by: columns - column) }
                move(by: width)
            } else {
                // Shown as `^A`, `\U+E000` or `\U+1F600`, character by character.
                for _ in 0..<(scalar.value < 0x80 ? 2 : scalar.value <= 0xFFFF ? 7 : 8) { move(by: 1) }
            }
        }
    }

    private mutating func move(by width: Int) {
        column += width
        guard column >= columns else { return }
        row += 1
        column = 0
    }
}
