import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ClientObjectTests {
    private static func decode(_ json: String) throws(Problem) -> ClientObject {
        try ChatProtocol.decode(ClientObject.self, from: Array(json.utf8))
    }

    @Test(arguments: [
        (#"{"type":"message","text":"hi"}"#, ClientObject.message(text: "hi")),
        (#"{"type":"message","text":"","key":"a"}"#, .message(text: "", key: "a")),
        (#"{"key":null,"text":"\ud83d\udc4b\u0000","type":"message"}"#, .message(text: "👋\0")),
        (#"{"type":"name","name":"ann"}"#, .name("ann")),
        (#"{"type":"name","name":"ann","mood":[{}],"text":7}"#, .name("ann")),
        (#"{"type":"fetch","after":"k3f9.7"}"#, .fetch(Fetch(start: .after("k3f9.7")))),
        (
            #"{"type":"fetch","before":"no position","limit":100}"#,
            .fetch(Fetch(start: .before("no position"), limit: 100))
        ),
        (
            #"{"type":"fetch","before":"1.7","after":null,"limit":null}"#,
            .fetch(Fetch(start: .before("1.7"), limit: 50))
        ),
        (" {\n\t\"type\" : \"name\", \"name\" : \"\" }\r\n", .name("")),
    ])
    func `objects are understood, whatever stands beside the known fields`(json: String, object: ClientObject) throws {
        #expect(try Self.decode(json) == object)
    }

    @Test(arguments: [
        ("", Problem.Code.badObject), ("hello", .badObject), ("{", .badObject), ("[]", .badObject), ("7", .badObject),
        ("null", .badObject), ("{}", .badObject), (#"{"type":7}"#, .badObject), (#"{"type":null}"#, .badObject),
        (#"{"type":"name","name":"ann"} {}"#, .badObject),
        (#"{"type":"name","name":"\ud800"}"#, .badField),
        (#"{"type":""}"#, .unknownType), (#"{"type":"Message","text":"hi"}"#, .unknownType),
        (#"{"type":"welcome"}"#, .unknownType),
        (#"{"type":"message"}"#, .badField), (#"{"type":"message","text":null}"#, .badField),
        (#"{"type":"message","text":7}"#, .badField), (#"{"type":"message","text":"hi","key":7}"#, .badField),
        (#"{"type":"message","text":"hi","key":""}"#, .badField),
        (#"{"type":"fetch"}"#, .badField), (#"{"type":"fetch","after":"1.1","before":"1.2"}"#, .badField),
        (#"{"type":"fetch","after":7}"#, .badField), (#"{"type":"fetch","after":"1.1","before":7}"#, .badField),
        (#"{"type":"fetch","after":"1.1","limit":0}"#, .badField),
        (#"{"type":"fetch","after":"1.1","limit":101}"#, .badField),
        (#"{"type":"fetch","after":"1.1","limit":1.5}"#, .badField),
        (#"{"type":"fetch","after":"1.1","limit":"7"}"#, .badField),
        (#"{"type":"name"}"#, .badField), (#"{"type":"name","name":["ann"]}"#, .badField),
    ])
    func `what is not understood is told apart by its cause`(json: String, code: Problem.Code) {
        let problem = #expect(throws: Problem.self) { try Self.decode(json) }
        #expect(problem?.code == code)
        #expect(problem?.key == nil)
    }

    @Test func `the problem of a message names its key`() {
        let problem = #expect(throws: Problem.self) { try Self.decode(#"{"type":"message","key":"a1","text":{}}"#) }
        #expect(problem?.key == "a1")
    }

    @Test func `a key has at most 64 bytes`() throws {
        let longest = String(repeating: "é", count: 32)
        #expect(
            try Self.decode(#"{"type":"message","text":"","key":"\#(longest)"}"#) == .message(text: "", key: longest)
        )
        let problem = #expect(throws: Problem.self) {
            try Self.decode(#"{"type":"message","text":"","key":"\#(longest)x"}"#)
        }
        #expect(problem?.code == .badField)
    }

    @Test func `nesting without end is refused, not followed`() {
        for opening in ["[", #"{"a":"#] {
            let problem = #expect(throws: Problem.self) {
                try Self.decode(String(repeating: opening, count: 100_000))
            }
            #expect(problem?.code == .badObject)
        }
    }

    @Test(arguments: [
        (ClientObject.message(text: "a/b \"c\""), #"{"text":"a/b \"c\"","type":"message"}"#),
        (.message(text: "👋\n", key: "k"), #"{"key":"k","text":"👋\n","type":"message"}"#),
        (.name(""), #"{"name":"","type":"name"}"#),
        (.fetch(Fetch(start: .after("1.7"))), #"{"after":"1.7","limit":50,"type":"fetch"}"#),
        (.fetch(Fetch(start: .before("1.7"), limit: 1)), #"{"before":"1.7","limit":1,"type":"fetch"}"#),
    ])
    func `objects have one form on the wire`(object: ClientObject, json: String) {
        #expect(ChatProtocol.encode(object) == .text(json))
    }
}
