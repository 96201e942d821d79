/// A text of lines of words, for people and for `>>` alike: one entry a line, empty ones and those that begin with `#` aside.
struct WordLines: Sequence {
    struct Line {
        /// Counted from 1.
        let number: Int
        let first: Substring
        /// What is behind the first word, without spaces at its ends.
        let rest: Substring

        /// The words behind the first one.
        var furtherWords: [Substring] { rest.unicodeScalars.split(whereSeparator: Self.isSpace).map(Substring.init) }

        fileprivate init?(_ line: Substring, _ number: Int) {
            // Of scalars: a space before a mark that combines is one of them all the same.
            let text = line.unicodeScalars.drop(while: Self.isSpace)
            let end = text.firstIndex(where: Self.isSpace) ?? text.endIndex
            first = Substring(text[..<end])
            let rest = text[end...].drop(while: Self.isSpace)
            self.rest = Substring(rest.lastIndex { !Self.isSpace($0) }.map { rest[...$0] } ?? rest)
            self.number = number
            if first.isEmpty || first.hasPrefix("#") { return nil }
        }

        private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
    }

    static let maximumFileBytes = 8 << 20

    private let text: String

    /// Reads a file; blocks.
    init(path: String) throws(FileFaults) {
        let bytes = try WholeFile.read(path, atMost: Self.maximumFileBytes)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FileFaults(path, "It is not UTF-8.") }
        self.init(text)
    }

    init(_ text: String) {
        self.text = text
    }

    func makeIterator() -> AnyIterator<Line> {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).makeIterator()
        var number = 0
        return AnyIterator {
            while let line = lines.next() {
                number += 1
                if let line = Line(line, number) { return line }
            }
            return nil
        }
    }
}
