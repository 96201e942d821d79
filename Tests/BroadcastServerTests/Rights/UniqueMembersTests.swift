import Testing

@testable import broadcast_server

@Suite struct UniqueMembersTests {
    @Test(arguments: [
        "{}", #" {"a":1} "#, #"{"a":{"a":[{"a":1},{"a":2}]},"b":"a","A":null}"#,
        #"{"a":-1.5e+3,"b":true,"c":false,"d":[],"e":[1,"x",{}],"f":"}"}"#, "{\t\"a\"\r\n:\n\"\\\"\" }",
        String(repeating: #"{"a":"#, count: 15) + "{}" + String(repeating: "}", count: 15),
    ])
    func `objects that name each member once are taken`(json: String) {
        #expect(UniqueMembers.hold(in: Array(json.utf8)))
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"x":{"a":1,"b":2,"a":3}}"#, #"{"x":[0,{"a":1,"\u0061":3}]}"#, #"{"":1,"":2}"#,
        // One name in two forms of Unicode.
        "{\"\u{E9}\":1,\"e\u{301}\":2}",
    ])
    func `a name that comes twice is seen, however deep, and however it is written`(json: String) {
        #expect(!UniqueMembers.hold(in: Array(json.utf8)))
    }

    @Test(arguments: [
        "", " ", "1", "[]", #""a""#, "null", "{", "}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1}{}"#,
        #"{"a":1} x"#,
        #"{a:1}"#, #"{'a':1}"#, #"{"a" 1}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":[}"#, #"{"a":"b}"#, #"{"a":"\x"}"#,
        #"{"a":"\ud800"}"#, "{\"a\":\"\n\"}", #"{"a":/**/1}"#, "\u{FEFF}{}",
        String(repeating: #"{"a":"#, count: 16) + "{}" + String(repeating: "}", count: 16),
        String(repeating: "[", count: 100_000),
    ])
    func `what is no object is not taken`(json: String) {
        #expect(!UniqueMembers.hold(in: Array(json.utf8)))
    }

    @Test(
        arguments: [
            [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [0x7B, 0x00, 0x7D, 0x00], [0xFE, 0xFF, 0x00, 0x7B, 0x00, 0x7D],
            [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], [0x7B, 0x7D, 0x00],
        ] as [[UInt8]]
    )
    func `what is not UTF-8 is not taken`(bytes: [UInt8]) {
        #expect(!UniqueMembers.hold(in: bytes))
    }
}
