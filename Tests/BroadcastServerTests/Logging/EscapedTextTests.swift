import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct EscapedTextTests {
    @Test(arguments: ["", "hello", "grüße", "👩‍👩‍👧 family", "日本語", "“quoted” – dash …", "back\\slash"])
    func `ordinary text stays as it is`(text: String) {
        #expect(EscapedText.escape(text) == text)
    }

    @Test(arguments: [
        ("\u{1B}[2J", "\\u{1B}[2J"),  // erases a terminal's screen
        ("\u{1B}]0;title\u{7}", "\\u{1B}]0;title\\u{7}"),
        ("a\nb\r\nc", "a\\nb\\r\\nc"),
        ("tab\t", "tab\\t"),
        ("\u{0}\u{8}\u{7F}", "\\u{0}\\u{8}\\u{7F}"),
        ("\u{85}\u{9B}31m", "\\u{85}\\u{9B}31m"),  // C1: next line, and an 8-bit escape sequence
        ("\u{202E}evil\u{202C}", "\\u{202E}evil\\u{202C}"),
        ("\u{2066}\u{2069}\u{200E}\u{200F}\u{61C}", "\\u{2066}\\u{2069}\\u{200E}\\u{200F}\\u{61C}"),
        ("line\u{2028}paragraph\u{2029}", "line\\u{2028}paragraph\\u{2029}"),
        ("é\u{1B}👋", "é\\u{1B}👋"),
    ])
    func `what could drive a terminal or forge a line is written as an escape`(text: String, escaped: String) {
        #expect(EscapedText.escape(text) == escaped)
        #expect(EscapedText.escape(escaped) == escaped)
    }

    @Test func `no control character gets through`() {
        let all = (0..<0xD800).compactMap(Unicode.Scalar.init)
        var text = ""
        text.unicodeScalars.append(contentsOf: all)
        let escaped = EscapedText.escape(text)
        #expect(!escaped.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(!escaped.unicodeScalars.contains { $0.properties.isBidiControl })
    }

    @Test func `a long text is cut and says how much is missing`() {
        let bytes = Array(String(repeating: "x", count: 250).utf8)
        #expect(EscapedText.excerpt(bytes, limit: 200) == String(repeating: "x", count: 200) + "… (50 more bytes)")
    }

    @Test(arguments: [199, 200])
    func `a text within the limit is not cut`(count: Int) {
        let text = String(repeating: "ü", count: count)
        #expect(EscapedText.excerpt(Array(text.utf8), limit: 200) == text)
    }

    @Test func `a text is cut between characters`() {
        let text = String(repeating: "👋", count: 201)
        let excerpt = EscapedText.excerpt(Array(text.utf8), limit: 200)
        #expect(excerpt == String(repeating: "👋", count: 200) + "… (4 more bytes)")
    }

    @Test func `a binary message is shown by its size`() {
        #expect(EscapedText.excerpt(WebSocketMessage.binary([1, 2, 3])) == "binary message of 3 bytes")
    }

    /// The quick look takes eight bytes at a time: no place in them may hide a character.
    @Test(arguments: 0..<20)
    func `what the log shows of a message is escaped wherever it stands`(place: Int) {
        let scalars = (0...0xA0).compactMap(Unicode.Scalar.init) + ["\u{202E}", "\u{61C}", "\u{2066}", "👋"]
        for scalar in scalars {
            let text = String(repeating: "x", count: place) + String(scalar) + String(repeating: "y", count: 19 - place)
            var line: [UInt8] = []
            EscapedText.appendExcerpt(WebSocketMessage.text(text).borrowed, to: &line)
            #expect(String(decoding: line, as: UTF8.self) == EscapedText.escape(text))
        }
    }
}
