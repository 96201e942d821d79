import Testing

@testable import broadcast_server

@Suite struct CompletionTests {
    private func completion(_ line: String, _ names: [String] = ["ann", "Anna Lee", "bob", "Client 2"]) -> Completion {
        Completion(of: line, commands: UserLine.commandWords, names: names)
    }

    /// The line that comes of it.
    private func completed(_ line: String, _ names: [String] = ["ann", "Anna Lee", "bob", "Client 2"]) -> String {
        let completion = completion(line, names)
        return String(String.UnicodeScalarView(line.unicodeScalars.dropLast(completion.replaced))) + completion.text
    }

    @Test(arguments: [
        ("/w", "/who "), ("/q", "/quit "), ("/who", "/who "), ("/nonsense", "/nonsense"), ("/name b", "/name bob "),
    ])
    func `a command is completed where a line begins`(line: String, expected: String) {
        #expect(completed(line) == expected)
    }

    @Test(arguments: [
        ("b", "bob: "), ("ask b", "ask bob "), ("@b", "@bob "), ("ask @b", "ask @bob "), ("Cl", "Client 2: "),
        ("Client ", "Client 2: "), ("what does anna l", "what does Anna Lee "), ("BO", "bob: "), ("A", "ann"),
        ("", ""), ("x", "x"), ("ask ", "ask "), ("a  ", "a  "),
    ])
    func `a name is completed anywhere, as far as it is certain`(line: String, expected: String) {
        #expect(completed(line) == expected)
    }

    @Test func `what it could be is listed when nothing more is certain`() {
        #expect(completion("ann").candidates == ["Anna Lee", "ann"])
        #expect(completion("/").candidates == UserLine.commandWords)
        #expect(completion("x").candidates == [])
    }

    @Test func `a name that could drive the terminal is never completed`() {
        #expect(completed("e", ["e\u{1B}[2J", "e\u{202E}"]) == "e")
    }
}
