/// The tokens of the server's own file. They are found by what SHA-256 makes of them, so that how long it takes to look for
/// one says nothing about any other.
struct TokenTable: Sendable {
    static let maximumCount = 10_000

    private var grants: [SHA256Digest: Grant] = [:]
    /// Of all tokens, in the form in which names are compared.
    private(set) var names: Set<String> = []

    var isEmpty: Bool { grants.isEmpty }
    var count: Int { grants.count }

    init() {}

    /// Reads a file; blocks.
    ///
    /// - Throws: what is wrong in it, line by line. Several tokens may have one name, for the time while one is exchanged.
    init(path: String) throws(FileFaults) {
        try self.init(WordLines(path: path), path)
    }

    init(_ lines: WordLines, _ path: String) throws(FileFaults) {
        var faults: [FileFaults.Fault] = []
        var places: [SHA256Digest: Int] = [:]
        for line in lines {
            do throws(TokenLine.Fault) {
                let entry = try TokenLine(line)
                if let place = places[entry.digest] {
                    throw TokenLine.Fault(explanation: "The token stands in line \(place) already.")
                }
                guard places.count < Self.maximumCount else {
                    throw TokenLine.Fault(explanation: "There are more than \(Self.maximumCount) tokens.")
                }
                places[entry.digest] = line.number
                grants[entry.digest] = entry.grant
                names.insert(PrintableText.folded(entry.name.text))
            } catch {
                faults.append(FileFaults.Fault(path: path, line: line.number, explanation: error.explanation))
                if faults.count == FileFaults.maximumCount { break }
            }
        }
        if !faults.isEmpty { throw FileFaults(faults) }
    }

    /// What a token grants; nil for one that is not in the file.
    subscript(digest: SHA256Digest) -> Grant? { grants[digest] }
}
