import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct SpokenTextTests {
    /// What is read by hand, to keep; nil when it is left to ``ClientObject``.
    private static func read(_ json: String) -> ClientObject? {
        let message = WebSocketMessage.text(json)
        guard let spoken = SpokenText(message.borrowed) else { return nil }
        return .message(text: spoken.withText { $0.text ?? "" }, key: spoken.key, stored: spoken.stored)
    }

    @Test(arguments: [
        (#"{"type":"message","text":"hi"}"#, "hi", nil),
        (#"{"type":"message","text":"hi 👋","key":"5f0c9a-17"}"#, "hi 👋", "5f0c9a-17"),
        (#"{"key":"a\/b","text":"","type":"message"}"#, "", "a/b"),
        (" {\n\t\"text\" : \"x\\n\" ,\r\"type\" : \"message\" } \n", "x\n", nil),
        (
            #"{"type":"message","text":"\"\\\/\b\f\n\r\t\u0000\u00e9\u00E9\uD83D\udc4b\ufffd"}"#,
            "\"\\/\u{8}\u{C}\n\r\t\0éé👋\u{FFFD}", nil
        ),
    ])
    func `the plain form is read by hand`(json: String, text: String, key: String?) {
        #expect(Self.read(json) == .message(text: text, key: key))
    }

    @Test(arguments: [
        "", "{", "{}", "[]", #""message""#, #"{"type":"message"}"#, #"{"text":"hi"}"#, #"{"type":"name","name":"ann"}"#,
        #"{"type":"message","text":"hi","key":""}"#, #"{"type":"message","text":"hi","key":null}"#,
        #"{"type":"message","text":"hi","text":"ho"}"#, #"{"type":"message","type":"message","text":"hi"}"#,
        #"{"type":"message","text":"hi","key":"a","key":"b"}"#,
        #"{"type":"message","text":"hi","mood":"good"}"#, #"{"type":"message","text":7}"#,
        #"{"t\u0079pe":"message","text":"hi"}"#, #"{"type":"messag\u0065","text":"hi"}"#,
        #"{"type":"message","text":"hi"} {}"#, #"{"type":"message","text":"hi",}"#, #"{"type":"message","text":"hi""#,
        #"{"type":"message","text":"hi}"#, #"{"type":"message","text":"\"#, #"{"type":"message","text":"\u00"#,
        #"{"type":"message","text":"\x"}"#, #"{"type":"message","text":"\ud83d"}"#,
        #"{"type":"message","text":"\udc4b"}"#,
        #"{"type":"message","text":"\ud83d\n"}"#, #"{"type":"message","text":"\u00g0"}"#,
        "{\"type\":\"message\",\"text\":\"a\nb\"}", "\u{FEFF}{\"type\":\"message\",\"text\":\"hi\"}",
        "{\"type\":\"message\",\"text\":\"hi\"}\0",
    ])
    func `everything else is left to the decoder`(json: String) {
        #expect(Self.read(json) == nil)
    }

    @Test func `a key that is too long is left to the decoder, which refuses it`() {
        func json(_ key: String) -> String { #"{"type":"message","text":"","key":"\#(key)"}"# }
        let longest = String(repeating: "é", count: 32)
        #expect(Self.read(json(longest)) == .message(text: "", key: longest))
        #expect(Self.read(json(longest + "x")) == nil)
    }

    @Test func `a text without escapes is lent from where it lies`() {
        let message: WebSocketMessage = #"{"type":"message","text":"hi 👋"}"#
        let source = message.borrowed
        guard let spoken = SpokenText(source) else {
            Issue.record("not read")
            return
        }
        spoken.withText { text in
            let place = source.bytes.byteOffsets(of: text.bytes)
            #expect(place == 26..<33)
        }
    }

    @Test func `what is read by hand is what the decoder makes of it`() throws {
        for _ in 0..<5_000 {
            let choices = (0..<Int.random(in: 0...24)).map { _ in UInt8.random(in: 0...255) }
            try FuzzTarget.spokenText.check(choices)
        }
    }
}
