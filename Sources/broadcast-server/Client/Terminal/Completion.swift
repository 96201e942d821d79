/// What the Tab key makes of a line: the rest of a command or of a name, as far as it is certain.
struct Completion: Equatable, Sendable {
    /// How many characters before the cursor give way.
    var replaced = 0
    /// What takes their place.
    var text = ""
    /// What it could be, when that is not certain.
    var candidates: [String] = []

    /// - Parameters:
    ///   - line: what stands before the cursor.
    ///   - commands: words that a line can begin with, the slash included.
    ///   - names: of those who are here; what no terminal should be sent is passed over.
    init(of line: String, commands: [String], names: [String]) {
        if line.hasPrefix("/"), !line.contains(" ") {
            complete(line, with: commands.filter { $0.hasPrefix(line) }, end: " ")
        } else {
            completeName(at: line, names.filter { EscapedText.escape($0) == $0 })
        }
    }

    /// A name may have spaces, so that several beginnings are possible: the longest that fits is meant.
    private mutating func completeName(at line: String, _ names: [String]) {
        var start = line.startIndex
        while start < line.endIndex {
            let isAddressed = line[start] == "@"
            let beginning = line[start...].dropFirst(isAddressed ? 1 : 0)
            let matches = names.filter { $0.lowercased().hasPrefix(beginning.lowercased()) }
            if !beginning.isEmpty, beginning.first != " ", !matches.isEmpty {
                let opensLine = start == line.startIndex && !isAddressed
                return complete(String(beginning), with: matches, end: opensLine ? ": " : " ")
            }
            guard let space = line[start...].firstIndex(of: " ") else { return }
            start = line.index(after: space)
        }
    }

    private mutating func complete(_ beginning: String, with matches: [String], end: String) {
        guard let first = matches.first else { return }
        let common = matches.dropFirst().reduce(first) { Self.commonPrefix($0, $1) }
        let isCertain = matches.count == 1
        if isCertain || common.count > beginning.count {
            replaced = beginning.unicodeScalars.count
            text = common + (isCertain ? end : "")
        } else {
            candidates = matches.sorted()
        }
    }

    /// What both begin with, whatever the case; in the case of the first.
    private static func commonPrefix(_ one: String, _ other: String) -> String {
        String(zip(one, other).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
    }
}
