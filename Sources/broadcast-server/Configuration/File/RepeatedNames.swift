import Yams

/// Names that stand twice in a mapping.
///
/// Yams gives up a whole text for one of them. So that everything else is told too, the text is read once more, with a
/// character before each repetition that makes it another name; the place of everything stays what it was.
struct RepeatedNames {
    struct Repetition {
        let name: String
        /// Where it stands for the first time.
        let firstLine: Int
    }

    /// By the places where they stand.
    private(set) var repetitions: [FilePosition: Repetition] = [:]

    /// Characters that have no meaning (Unicode, private use area): each takes the place of a name's first one.
    private static let marks = (0xE000 as UInt32)...0xF8FF

    /// Marks what Yams has found.
    ///
    /// - Returns: nil when it is something else, or a mapping within braces.
    mutating func mark(_ error: YamlError, in text: String, _ path: String) -> String? {
        guard case .duplicatedKeysInMapping(let names, let context) = error else { return nil }
        let indentation = context.mark.column - 1
        var firstLines: [String: Int] = [:]
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.unicodeScalars }
        var hasMarked = false
        guard lines.indices.contains(context.mark.line - 1) else { return nil }
        // The place that Yams tells is that of one of the names, not of the first one.
        let isOutside = { line in Self.column(of: line).map { $0 < indentation } ?? false }
        let start = lines[..<context.mark.line].lastIndex(where: isOutside).map { $0 + 1 } ?? 0
        for number in (start + 1)...lines.count {
            let line = lines[number - 1]
            guard let column = Self.column(of: line) else { continue }
            if column < indentation { break }
            let first = line.index(line.startIndex, offsetBy: column)
            guard column == indentation, let name = names.first(where: { Self.begins(line[first...], with: $0) }) else {
                continue
            }
            guard let firstLine = firstLines[name] else {
                firstLines[name] = number
                continue
            }
            guard let mark = Self.marks.dropFirst(repetitions.count).first.flatMap(Unicode.Scalar.init) else {
                return nil
            }
            let isQuoted = line[first] == "\"" || line[first] == "'"
            let place = isQuoted ? line.index(after: first) : first
            lines[number - 1].replaceSubrange(place...place, with: [mark])
            let position = FilePosition(path: path, line: number, column: column + 1)
            repetitions[position] = Repetition(name: name, firstLine: firstLine)
            hasMarked = true
        }
        return hasMarked ? lines.map { String(Substring($0)) }.joined(separator: "\n") : nil
    }

    /// How many spaces are before what a line says; nil when it says nothing.
    private static func column(of line: Substring.UnicodeScalarView) -> Int? {
        guard let first = line.firstIndex(where: { $0 != " " }), line[first] != "#", line[first] != "\r" else {
            return nil
        }
        return line.distance(from: line.startIndex, to: first)
    }

    /// Whether a line is the beginning of a name's entry.
    private static func begins(_ line: Substring.UnicodeScalarView, with name: String) -> Bool {
        guard !name.isEmpty else { return false }
        let text = Substring(line)
        for form in [name, "\"\(name)\"", "'\(name)'"] where text.hasPrefix(form) {
            let rest = text.dropFirst(form.count).drop { $0 == " " }
            if rest.first == ":" { return true }
        }
        return false
    }
}
