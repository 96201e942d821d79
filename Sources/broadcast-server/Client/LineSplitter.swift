/// Cuts a stream of bytes into lines of text, whatever pieces it comes in.
///
/// It holds at most one line of `maximumBytes`; the rest of a longer one is passed over.
struct LineSplitter: Sendable {
    /// One line of the input, counted from 1, without its end.
    enum Line: Equatable, Sendable {
        case text(String)
        case tooLong(number: Int)
        case notUTF8(number: Int)
    }

    private let maximumBytes: Int
    private var partial: [UInt8] = []
    private var isPassingOver = false
    private var number = 0

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Takes the next bytes and returns the lines that are complete with them.
    mutating func push(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            lines.append(endLine())
            rest = rest[(end + 1)...]
        }
        take(rest)
        return lines
    }

    /// Returns the last line, when the input ended without a line feed after it.
    mutating func finish() -> Line? {
        partial.isEmpty && !isPassingOver ? nil : endLine()
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard !isPassingOver else { return }
        // One byte more than a line may have, since a carriage return at the end does not count.
        if partial.count + bytes.count > maximumBytes + 1 {
            isPassingOver = true
            partial = []
        } else {
            partial += bytes
        }
    }

    private mutating func endLine() -> Line {
        number += 1
        defer {
            partial.removeAll(keepingCapacity: true)
            isPassingOver = false
        }
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        guard !isPassingOver, partial.count <= maximumBytes else { return .tooLong(number: number) }
        guard let text = String(validating: partial, as: UTF8.self) else { return .notUTF8(number: number) }
        return .text(text)
    }
}
