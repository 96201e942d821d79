import Testing

@testable import LWSSwift

/// RFC 6455 section 9.1.
@Suite struct ExtensionListTests {
    static let valid: [(String, [ExtensionElement])] = [
        ("foo", [.init(name: "foo")]),
        (
            "permessage-deflate; server_max_window_bits=10",
            [.init(name: "permessage-deflate", parameters: [.init(name: "server_max_window_bits", value: "10")])]
        ),
        ("foo, bar; baz=2", [.init(name: "foo"), .init(name: "bar", parameters: [.init(name: "baz", value: "2")])]),
        ("foo ;\ta ; b=\"2\"", [.init(name: "foo", parameters: [.init(name: "a"), .init(name: "b", value: "2")])]),
        ("a;b=\"c\\d\"", [.init(name: "a", parameters: [.init(name: "b", value: "cd")])]),
        ("a;b;b", [.init(name: "a", parameters: [.init(name: "b"), .init(name: "b")])]),
        (" , a ,,\t b,", [.init(name: "a"), .init(name: "b")]),
        ("a; b = c", [.init(name: "a", parameters: [.init(name: "b", value: "c")])]),
    ]

    @Test(arguments: valid)
    func `extensions and parameters are read in order`(field: String, elements: [ExtensionElement]) {
        #expect(ExtensionList.parse(field) == elements)
    }

    @Test(arguments: [
        "", " ", ",", ", ,", ";", "a;", "a;;b", "a;b=", "a;b=,", "a;b=\"", "a;b=\"c", "a;b=\"\"", "a;b=\"c d\"",
        "a;b=\"c\\", "a;b=\"c\\\"", "a b", "a;b c", "a;b=c d", "a=b", "=", "a;=b", "\"a\"", "a;b=c\"d\"", "ä", "a/b",
        "a;b=\"c\"d", "a\u{0}",
    ])
    func `what breaks the grammar is no list`(field: String) {
        #expect(ExtensionList.parse(field) == nil)
    }

    @Test func `any bytes are read without a trap`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ab;,=\"\\ \tä".unicodeScalars)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...24, using: &generator)
            let scalars = (0..<count).map { _ in alphabet.randomElement(using: &generator)! }
            let field = String(String.UnicodeScalarView(scalars))
            if let elements = ExtensionList.parse(field) { #expect(!elements.isEmpty, "\(field)") }
        }
    }
}
