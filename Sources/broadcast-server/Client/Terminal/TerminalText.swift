import CLibEdit
import Glibc

/// How wide a text is at a terminal.
enum TerminalText {
    /// Has the C library read and measure UTF-8, whatever the environment says: that is what travels over the wire.
    static func useUTF8() {
        _ = unsafe setlocale(LC_CTYPE, "")
        let codeset = unsafe String(cString: nl_langinfo(nl_item(CODESET)))
        if codeset != "UTF-8" { _ = unsafe setlocale(LC_CTYPE, "C.UTF-8") }
    }

    /// In columns.
    static func width(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The text in so many columns: cut, with an ellipsis, or filled with spaces.
    static func fitted(_ text: String, to columns: Int, alignsRight: Bool = false) -> String {
        let own = width(text)
        if own <= columns {
            let space = String(repeating: " ", count: columns - own)
            return alignsRight ? space + text : text + space
        }
        guard columns > 0 else { return "" }
        var (shown, count) = (String.UnicodeScalarView(), 0)
        for scalar in text.unicodeScalars {
            guard count + width(scalar) < columns else { break }
            shown.append(scalar)
            count += width(scalar)
        }
        return String(shown) + "…" + String(repeating: " ", count: columns - 1 - count)
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int { max(Int(wcwidth(wchar_t(scalar.value))), 0) }
}
