/// Tokens that hold no more, although nothing else is wrong with them: one by one, by their `jti`, or all of a subject.
///
/// It is a value: a file has some, whoever looks after the server adds others, and each is replaced as a whole.
struct Revocations: Sendable, Equatable {
    enum Entry: Hashable, Sendable {
        case token(String)
        case subject(String)
    }

    /// Together. A revoked token needs its entry until it has expired.
    static let maximumCount = 100_000

    private var entries: Set<Entry> = []

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    init() {}

    /// Reads a file of lines such as `jti 3f2a` and `sub ann`; blocks.
    init(path: String) throws(FileFaults) {
        try self.init(WordLines(path: path), path)
    }

    init(_ lines: WordLines, _ path: String) throws(FileFaults) {
        var faults: [FileFaults.Fault] = []
        for line in lines {
            guard let entry = Self.entry(line) else {
                let explanation = "A line has \"jti\" and the id of a token, or \"sub\" and a subject."
                faults.append(FileFaults.Fault(path: path, line: line.number, explanation: explanation))
                if faults.count == FileFaults.maximumCount { break }
                continue
            }
            guard insert(entry) else {
                throw FileFaults(path, line: line.number, "There are more than \(Self.maximumCount) entries.")
            }
        }
        if !faults.isEmpty { throw FileFaults(faults) }
    }

    private static func entry(_ line: WordLines.Line) -> Entry? {
        guard 1...TokenClaims.maximumTextBytes ~= line.rest.utf8.count else { return nil }
        return switch line.first {
        case "jti": .token(String(line.rest))
        case "sub": .subject(String(line.rest))
        default: nil
        }
    }

    /// - Returns: false when there is no room for another one.
    mutating func insert(_ entry: Entry) -> Bool {
        guard entries.count < Self.maximumCount || entries.contains(entry) else { return false }
        entries.insert(entry)
        return true
    }

    /// Adds what whoever runs the server has revoked, which is bounded by itself.
    mutating func add(_ entries: [Entry]) {
        self.entries.formUnion(entries)
    }

    /// Whether what somebody was granted holds no more.
    func cover(_ grant: Grant) -> Bool {
        guard !entries.isEmpty else { return false }
        if case .signed(let id?) = grant.source, entries.contains(.token(id)) { return true }
        return grant.subject.map { entries.contains(.subject($0)) } ?? false
    }
}
