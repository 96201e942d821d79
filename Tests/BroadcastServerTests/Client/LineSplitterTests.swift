import Testing

@testable import broadcast_server

@Suite struct LineSplitterTests {
    private func split(_ pieces: [String], maximumBytes: Int = 10) -> [LineSplitter.Line] {
        var splitter = LineSplitter(maximumBytes: maximumBytes)
        var lines = pieces.flatMap { splitter.push(Array($0.utf8)) }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    @Test func `an input without a byte has no line`() {
        #expect(split([]) == [])
        #expect(split([""]) == [])
    }

    @Test(arguments: ["a\nb\n", "a\nb", "a\r\nb\r\n", "a\r\nb"])
    func `lines end with a line feed, with or without a carriage return, or with the input`(input: String) {
        #expect(split([input]) == [.text("a"), .text("b")])
    }

    @Test func `empty lines are lines`() {
        #expect(split(["\n\na\n\n"]) == [.text(""), .text(""), .text("a"), .text("")])
    }

    @Test func `the pieces in which the bytes come do not matter`() {
        let input = "hi 👋\nyou\r\nlast"
        #expect(split([input]) == [.text("hi 👋"), .text("you"), .text("last")])
        var splitter = LineSplitter(maximumBytes: 10)
        var lines = input.utf8.flatMap { splitter.push([$0]) }
        lines.append(contentsOf: splitter.finish().map { [$0] } ?? [])
        #expect(lines == split([input]))
    }

    @Test func `a carriage return within a line stays`() {
        #expect(split(["a\rb\n"]) == [.text("a\rb")])
    }

    @Test(arguments: ["0123456789\n", "0123456789\r\n", "0123456789"])
    func `a line may be as long as the limit`(input: String) {
        #expect(split([input]) == [.text("0123456789")])
    }

    @Test(arguments: [11, 12, 13, 1_000])
    func `a longer line is passed over, and the next one is not`(count: Int) {
        let long = String(repeating: "x", count: count)
        #expect(split(["a\n\(long)\nb\n"]) == [.text("a"), .tooLong(number: 2), .text("b")])
        #expect(split(["a\n", long, "\nb"]) == [.text("a"), .tooLong(number: 2), .text("b")])
        #expect(split([long]) == [.tooLong(number: 1)])
    }

    @Test func `a line that is not UTF-8 is told apart`() {
        var splitter = LineSplitter(maximumBytes: 10)
        let lines = splitter.push([0xFF, 0x0A, 0x61, 0x0A])
        #expect(lines == [.notUTF8(number: 1), .text("a")])
    }
}
