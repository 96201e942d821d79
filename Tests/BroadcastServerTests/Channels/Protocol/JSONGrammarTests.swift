import Foundation
import Testing

@testable import broadcast_server

struct JSONGrammarTests {
    @Test(arguments: [
        "{}", "[]", "0", "-0", "1.5e+10", "1E5", "true", "false", "null", #""""#, #""\ud800""#, #"{"a":1,"a":2}"#,
        " { \"a\" : [ 1 , {\"b\":null} ] } \r\n\t", #""a\"\\\/\b\f\n\r\t\u00e9ü""#,
    ])
    func `what RFC 8259 allows is taken`(text: String) {
        #expect(JSONGrammar.accepts(Array(text.utf8)))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", #"{"a":1,}"#, "[,1]", "01", "+1", "1.", ".5", "1e", "-", "tru", "True", "nul", "\"",
        #""\x""#, #""\u12g4""#, "\"a\nb\"", "{a:1}", "{'a':1}", #"{"a"}"#, #"{"a":}"#, "[1 2]", "1 2", "{}{}", "[1]]",
        "\u{FEFF}{}", "NaN", "Infinity", "//x\n1", "[1/*x*/]", "\0", "{}\0", "{\0}\0",
    ])
    func `what it does not allow is refused`(text: String) {
        #expect(!JSONGrammar.accepts(Array(text.utf8)))
    }

    @Test func `how deep it goes is bounded`() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(JSONGrammar.accepts(nested(250)))
        #expect(!JSONGrammar.accepts(nested(100_000)))
    }

    @Test func `nothing is taken that the decoder refuses`() {
        let letters = Array("{}[]\",:0123.eE-+truefalsn\\u \t".utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...8)).compactMap { _ in letters.randomElement() }
            guard JSONGrammar.accepts(text) else { continue }
            #expect(throws: Never.self) {
                try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            }
        }
    }
}
