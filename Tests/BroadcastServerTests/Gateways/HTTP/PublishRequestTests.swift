import HTTPTypes
import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct PublishRequestTests {
    private static func read(
        _ body: String,
        _ type: String? = "text/plain",
        key: String? = nil,
        query: String = ""
    ) throws(ProblemDetails) -> PublishRequest {
        try PublishRequest(contentType: type, idempotencyKey: key, query: query, body: Array(body.utf8))
    }

    private static func problem(_ body: () throws(ProblemDetails) -> PublishRequest) -> ProblemDetails? {
        do throws(ProblemDetails) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    private static func messages(_ request: PublishRequest) -> [Posting.Message] {
        request.posting.parcels.flatMap(\.messages)
    }

    @Test(arguments: ["text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", nil])
    func `text is taken as it is`(type: String?) throws {
        let request = try Self.read("a=b&c%20 \"👋\"\r\n", type)
        #expect(Self.messages(request) == [.init(content: "a=b&c%20 \"👋\"\r\n", name: "Anonymous")])
        #expect(request.form == .single)
        #expect(request.posting.parcels.map(\.key) == [nil])
    }

    @Test func `bytes without a type are binary when they are no text`() throws {
        let bytes: [UInt8] = [0xFF, 0x00]
        #expect(try Self.messages(PublishRequest(contentType: nil, body: bytes)).map(\.content) == [.binary(bytes)])
    }

    @Test(arguments: ["application/octet-stream", "image/png", "text/html", "application/vnd.x+json"])
    func `any other type is binary`(type: String) throws {
        #expect(try Self.messages(Self.read("hi", type)).map(\.content) == [.binary(Array("hi".utf8))])
    }

    @Test func `an object says what it is named and keyed`() throws {
        let body = #" {"text":"h\u0069","key":"k","name":" ann ","type":"message","more":[1]}"#
        let request = try Self.read(body, "application/json", query: "name=bob&stored=disk")
        let key = MessageKey(text: "k")
        let message = Posting.Message(content: "hi", name: "ann")
        #expect(request.posting.parcels == [Posting.Parcel(messages: [message], key: key)])
        #expect(request.posting.isDurable)
        #expect(try !Self.read("x", query: "stored=memory").posting.isDurable)
        #expect(try Self.read(#"{"text":"","stored":"disk"}"#, "application/json").posting.isDurable)
    }

    @Test func `the name of the query is that of those who have none`() throws {
        #expect(try Self.messages(Self.read("x", query: "name=ann+b")).map(\.name) == ["ann b"])
        #expect(try Self.messages(Self.read("x", query: "name=+")).map(\.name) == ["Anonymous"])
        let body = #"[{"text":"1"},{"text":"2","name":"cid"}]"#
        #expect(
            try Self.messages(Self.read(body, "application/json", query: "name=ann")).map(\.name) == ["ann", "cid"]
        )
    }

    @Test(arguments: [
        (#"[{"text":"1","key":"a"}, {"text":"2"}]"#, "application/json", PublishRequest.Form.array),
        ("{\"text\":\"1\",\"key\":\"a\"}\r\n\n {\"text\":\"2\"} \n", "application/x-ndjson", .lines),
    ])
    func `a batch has several messages, each with its key`(body: String, type: String, form: PublishRequest.Form) throws
    {
        let request = try Self.read(body, type)
        #expect(request.form == form)
        #expect(Self.messages(request).map(\.content) == ["1", "2"])
        #expect(request.posting.parcels.map(\.key?.text) == ["a", nil])
    }

    @Test func `the key of a request is that of all its messages together`() throws {
        #expect(try Self.read("x", key: "\"k 1\"").posting.parcels.map(\.key?.text) == ["k 1"])
        let request = try Self.read(#"[{"text":"1"},{"text":"2"}]"#, "application/json", key: "k")
        #expect(request.posting.parcels.count == 1)
        #expect(request.posting.parcels[0].messages.count == 2)
        #expect(try Self.read(#"{"text":"","key":"k"}"#, "application/json", key: "k").posting.parcels.count == 1)
    }

    @Test func `as many messages as keys are kept may come at once`() throws {
        let body = String(repeating: "{\"text\":\"\"}\n", count: Posting.maximumCount)
        #expect(try Self.messages(Self.read(body, "application/x-ndjson")).count == Posting.maximumCount)
        let problem = Self.problem { () throws(ProblemDetails) in
            try Self.read(body + "{\"text\":\"\"}", "application/x-ndjson")
        }
        #expect(problem?.status == .contentTooLarge)
    }

    @Test(arguments: [
        ("", "bad-body"), ("hello", "bad-body"), ("{", "bad-body"), ("{}", "bad-field"), ("1", "bad-object"),
        ("null", "bad-object"), (#""text""#, "bad-object"), (#"{"text":1}"#, "bad-field"),
        (#"{"text":null}"#, "bad-field"),
        (#"{"text":"x","key":""}"#, "bad-field"), (#"{"text":"x","key":1}"#, "bad-field"),
        (#"{"text":"x","name":1}"#, "bad-field"), (#"{"text":"x","name":"a:b"}"#, "bad-name"),
        (#"{"text":"x","name":""}"#, "bad-name"), (#"{"text":"x","stored":"cloud"}"#, "bad-field"),
        (#"{"text":"\ud800"}"#, "bad-field"), (#"{"text":"x"} {"text":"y"}"#, "bad-body"), ("[]", "bad-body"),
        (#"[{"text":"x"},{}]"#, "bad-field"), (#"[{"text":"x"},1]"#, "bad-object"), (#"["x"]"#, "bad-object"),
        (#"[{"text":"x"}"#, "bad-body"), (#"[[{"text":"x"}]]"#, "bad-object"),
        ("{'text':'x'}", "bad-body"),
    ])
    func `what is wrong in JSON is told, and nothing taken`(body: String, code: String) {
        let problem = Self.problem { () throws(ProblemDetails) in try Self.read(body, "application/json") }
        #expect(problem?.status == .badRequest)
        #expect(problem?.code.rawValue == code)
    }

    @Test(arguments: [
        ("", "bad-body"), ("\n \n", "bad-body"), ("{\"text\":\"1\"}\n{", "bad-body"), ("[]", "bad-object"),
    ])
    func `what is wrong in lines is told, and nothing taken`(body: String, code: String) {
        let problem = Self.problem { () throws(ProblemDetails) in try Self.read(body, "application/x-ndjson") }
        #expect(problem?.status == .badRequest)
        #expect(problem?.code.rawValue == code)
    }

    @Test func `it is told which message of a batch is wrong`() {
        let problem = Self.problem { () throws(ProblemDetails) in
            try Self.read(#"[{"text":"x"},{"key":"k"}]"#, "application/json")
        }
        #expect(problem?.detail.hasPrefix("Message 2: ") == true)
    }

    @Test(arguments: [
        "hello", "multipart/form-data; boundary=x", "text/plain; charset=latin1", "application/json;charset=utf-16", "",
    ])
    func `types that nothing can be made of are refused`(type: String) {
        let problem = Self.problem { () throws(ProblemDetails) in try Self.read("{\"text\":\"x\"}", type) }
        #expect(problem?.status == .unsupportedMediaType)
    }

    @Test(arguments: ["text/plain", "application/json", "application/x-ndjson", "application/x-www-form-urlencoded"])
    func `a text that is no UTF-8 is refused`(type: String) {
        let problem = Self.problem { () throws(ProblemDetails) in
            try PublishRequest(contentType: type, body: [0x22, 0xFF, 0x22])
        }
        #expect(problem?.status == .badRequest)
        #expect(problem?.code == .badBody)
    }

    @Test func `a compressed body is refused`() {
        let problem = Self.problem { () throws(ProblemDetails) in
            try PublishRequest(contentType: "text/plain", contentEncoding: "gzip", body: [])
        }
        #expect(problem?.status == .unsupportedMediaType)
        #expect(problem?.headerFields[.acceptEncoding] == "identity")
    }

    @Test(arguments: ["name=a:b", "name=%00", "stored=cloud", "stored="])
    func `what is wrong in the query is told`(query: String) {
        #expect(Self.problem { () throws(ProblemDetails) in try Self.read("x", query: query) }?.status == .badRequest)
    }

    @Test func `two keys exclude each other`() {
        for body in [#"{"text":"x","key":"a"}"#, #"[{"text":"x","key":"b"}]"#] {
            let problem = Self.problem { () throws(ProblemDetails) in try Self.read(body, "application/json", key: "b")
            }
            #expect(problem?.code == .badField)
        }
        #expect(Self.problem { () throws(ProblemDetails) in try Self.read("x", key: "a b") }?.code == .badField)
    }
}
