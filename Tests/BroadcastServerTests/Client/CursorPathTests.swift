import Glibc
import Testing

@testable import broadcast_server

@Suite struct CursorPathTests {
    init() {
        // Widths are those of the locale.
        _ = unsafe setlocale(LC_CTYPE, "C.UTF-8")
    }

    @Test(arguments: [
        ("", 0, 0), ("abc", 0, 3), ("0123456789", 1, 0), ("0123456789a", 1, 1), ("012345678901234567890", 2, 1),
        ("größe", 0, 5), ("👋", 0, 2), ("012345678👋", 1, 2), ("01234567👋", 1, 0), ("e\u{301}", 0, 1),
        ("\u{1}", 0, 2), ("a\tb", 0, 9), ("a\nbc", 1, 2),
    ])
    func `the cursor goes as far as a text is wide, and no character is broken`(text: String, row: Int, column: Int) {
        var path = CursorPath(columns: 10)
        path.advance(over: text.unicodeScalars)
        #expect(path.row == row)
        #expect(path.column == column)
    }
}
