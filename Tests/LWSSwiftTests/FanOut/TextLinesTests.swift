import Testing

@testable import LWSSwift

@Suite struct TextLinesTests {
    private static func marked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return unsafe String(decoding: TextLines.marked(bytes.span.bytes, with: "> "), as: UTF8.self)
    }

    private static func areSeveral(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe TextLines.areSeveral(in: bytes.span.bytes)
    }

    @Test(arguments: ["\n", "\r", "\r\n", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"])
    func `a line begins behind each kind of break`(lineBreak: String) {
        #expect(Self.marked("a\(lineBreak)b") == "a\(lineBreak)> b")
        #expect(Self.marked("\(lineBreak)\(lineBreak)b") == "\(lineBreak)> \(lineBreak)> b")
        #expect(Self.areSeveral("a\(lineBreak)b"))
        // Wherever it stands, also across what is looked at together.
        for count in [1, 7, 8, 1_021, 1_022, 1_023, 1_024, 3_000] {
            #expect(Self.areSeveral(String(repeating: "x", count: count) + lineBreak + "b"))
        }
    }

    @Test(arguments: ["\n", "\r\n", "\u{2028}"])
    func `behind a break at the end there is no line`(lineBreak: String) {
        #expect(!Self.areSeveral("a\(lineBreak)"))
        #expect(Self.marked("a\(lineBreak)") == "a\(lineBreak)")
        #expect(Self.marked("a\(lineBreak)\(lineBreak)") == "a\(lineBreak)> \(lineBreak)")
    }

    @Test(arguments: [
        "", "a", "a\tb", "\u{E}\u{9}", "Â©", "“quotes” – and €", "日本語", "👋🏽", "\u{2027}\u{202A}", "\u{84}\u{86}",
        String(repeating: "“x” ", count: 1_000),
    ])
    func `other characters break no line`(text: String) {
        #expect(!Self.areSeveral(text))
        #expect(Self.marked(text) == text)
    }

    @Test func `of all characters only breaks break a line, at whatever place among eight bytes`() {
        let breaks: Set<UInt32> = [0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029]
        for value in UInt32(0)..<0x2100 {
            let text = String(repeating: "x", count: Int(value % 11)) + String(Unicode.Scalar(value)!) + "bcdefgh"
            #expect(Self.areSeveral(text) == breaks.contains(value), "U+\(String(value, radix: 16))")
        }
    }
}
