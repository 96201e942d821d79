import Foundation
import Glibc
import Testing

@testable import broadcast_server

@Suite struct LinePromptTests {
    /// How wide a character is depends on it.
    init() { _ = unsafe setlocale(LC_CTYPE, "C.UTF-8") }

    @Test func `without lines that wait there is the prompt alone`() {
        #expect(LinePrompt(text: "> ").laidOut(columns: 20) == "> ")
    }

    @Test func `each line that waits has a row above the prompt`() {
        let prompt = LinePrompt(text: "> ", waiting: ["one", "two"], earlierCount: 7)
        #expect(prompt.laidOut(columns: 10) == "… 7 more  … one     … two     > ")
    }

    @Test(arguments: [(10, "… abcdef…"), (12, "… abcdefgh…"), (13, "… abcdefghij")])
    func `a row is cut before the last column`(columns: Int, expected: String) {
        let prompt = LinePrompt(text: "> ", waiting: ["abcdefghij"])
        let row = expected.padding(toLength: columns, withPad: " ", startingAt: 0)
        #expect(prompt.laidOut(columns: columns) == "\(row)> ")
    }

    @Test func `what is shown cannot drive the terminal`() {
        let prompt = LinePrompt(text: "> ", waiting: ["a\u{1B}[2J\nb"])
        #expect(prompt.laidOut(columns: 16) == "… a\\u{1B}[2J\\nb > ")
    }
}
