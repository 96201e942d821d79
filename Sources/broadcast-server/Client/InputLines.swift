/// The lines that a user types or a program writes to the standard input.
struct InputLines: Sendable {
    /// How many bytes of a pipe or a file are read at once.
    static let pieceBytes = 64 << 10
    /// How many lines typed at a terminal may wait, as after pasting, before the terminal itself has to keep them.
    static let typedLines = 64

    private let reader: BlockingReader<[LineSplitter.Line]>

    /// Reads a pipe, a file, or a terminal as it is: what was read ahead is bounded by one piece and one unfinished line.
    init(_ input: Descriptor, maximumLineBytes: Int) throws(Failure) {
        let splitter = LineSplitter(maximumBytes: maximumLineBytes)
        reader = try BlockingReader(from: (splitter: splitter, isAtEnd: false)) { source throws(SystemError) in
            guard !source.isAtEnd else { return nil }
            let bytes = try input.readInForeground(atMost: Self.pieceBytes)
            guard bytes.isEmpty else { return source.splitter.push(bytes) }
            source.isAtEnd = true
            return source.splitter.finish().map { [$0] }
        }
    }

    /// Reads what is typed into a line editor.
    init(_ editor: LineEditor, maximumLineBytes: Int) throws(Failure) {
        reader = try BlockingReader(readsAhead: Self.typedLines, from: 0) { number throws(SystemError) in
            guard let line = editor.readLine() else { return nil }
            number += 1
            return [line.utf8.count > maximumLineBytes ? .tooLong(number: number) : .text(line)]
        }
    }

    /// The lines that came with the next piece, perhaps none; nil at the end, and when the task is cancelled. One task
    /// at a time may call it.
    func next() async throws(SystemError) -> [LineSplitter.Line]? {
        try await reader.next()
    }
}
