@testable import LWSSwift

extension FuzzTarget {
    /// A mark stands behind each line break of a text but one at its very end, and nowhere else.
    static let textLines = FuzzTarget("text-lines") { bytes throws(Violation) in
        // Nothing of a text is the mark.
        let text = without(String(decoding: bytes, as: UTF8.self))
        let content = Array(text.utf8)
        let marked = unsafe String(decoding: TextLines.marked(content.span.bytes, with: "|"), as: UTF8.self)
        try require(without(marked) == text, "without its marks it is another text")
        // A carriage return and a line feed are one character.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let further = lines.dropFirst().count - (text.last?.isNewline == true ? 1 : 0)
        let marks = marked.unicodeScalars.filter { $0 == "|" }.count
        try require(marks == further, "\(marks) marks for \(further) further lines")
        let areSeveral = unsafe TextLines.areSeveral(in: content.span.bytes)
        try require(areSeveral == (further > 0), "several lines: \(areSeveral), of \(further) further ones")
    }
    /// The text without marks; one that has accents behind it is one all the same.
    private static func without(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "|" }))
    }
}
