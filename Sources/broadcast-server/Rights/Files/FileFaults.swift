/// What is wrong with files that somebody wrote, for that person: all of it, each with its place.
struct FileFaults: Error, Equatable {
    struct Fault: Equatable, CustomStringConvertible {
        let path: String
        /// Counted from 1; nil for the whole of the file.
        var line: Int?
        /// A sentence.
        let explanation: String

        /// `FILE:LINE: what is wrong`, as compilers have it.
        var description: String {
            "\(EscapedText.escape(path)):\(line.map { "\($0):" } ?? "") \(EscapedText.escape(explanation))"
        }
    }

    /// Further ones are likely to have the same cause.
    static let maximumCount = 20

    private(set) var faults: [Fault]

    init(_ faults: [Fault]) {
        self.faults = Array(faults.prefix(Self.maximumCount))
    }

    init(_ path: String, line: Int? = nil, _ explanation: String) {
        self.init([Fault(path: path, line: line, explanation: explanation)])
    }
}
