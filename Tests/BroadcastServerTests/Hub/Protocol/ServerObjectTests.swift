import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ServerObjectTests {
    private static let ann = Member(id: ClientID(number: 3), name: "ann")

    private static let objects: [(ServerObject, String)] = [
        (
            .welcome(
                Welcome(id: ann.id, session: "0f", channel: "team", name: "ann", count: 1, members: [ann])
            ),
            #"{"channel":"team","count":1,"id":3,"members":[{"id":3,"name":"ann"}],"name":"ann","session":"0f","#
                + #""type":"welcome"}"#
        ),
        (
            .welcome(Welcome(id: ann.id, session: "0f", channel: "", name: "ann", count: 200, members: nil)),
            #"{"channel":"","count":200,"id":3,"name":"ann","session":"0f","type":"welcome"}"#
        ),
        (
            .message(ChatMessage(id: .max, from: ann, time: 1_763_933_812_345, text: "a/b\u{1} 👋\u{2028}")),
            #"{"from":{"id":3,"name":"ann"},"id":18446744073709551615,"text":"a/b\u0001 👋"# + "\u{2028}"
                + #"","time":1763933812345,"type":"message"}"#
        ),
        (
            .joined(Presence(member: ann, count: 2)),
            #"{"count":2,"member":{"id":3,"name":"ann"},"type":"joined"}"#
        ),
        (
            .left(Presence(member: ann, count: 0)),
            #"{"count":0,"member":{"id":3,"name":"ann"},"type":"left"}"#
        ),
        (
            .renamed(Renaming(member: ann, was: "Client 3")),
            #"{"member":{"id":3,"name":"ann"},"type":"renamed","was":"Client 3"}"#
        ),
        (.ack(Acknowledgement(key: "k-1", id: 7)), #"{"id":7,"key":"k-1","type":"ack"}"#),
        (
            .error(Problem(.badName, "Too long.")),
            #"{"code":"bad-name","message":"Too long.","type":"error"}"#
        ),
        (
            .error(Problem(.badField, "No text.", key: "k")),
            #"{"code":"bad-field","key":"k","message":"No text.","type":"error"}"#
        ),
    ]

    @Test(arguments: objects)
    func `objects have one form on the wire`(object: ServerObject, json: String) {
        #expect(ChatProtocol.encode(object) == .text(json))
    }

    @Test(arguments: objects)
    func `what is encoded is decoded as it was`(object: ServerObject, json: String) throws {
        #expect(try ChatProtocol.decode(ServerObject.self, from: Array(json.utf8)) == object)
    }

    @Test func `types and codes of later versions are let through`() throws {
        let type = #"{"type":"gap","from":1,"to":9}"#
        #expect(try ChatProtocol.decode(ServerObject.self, from: Array(type.utf8)) == .unknown(type: "gap"))
        let code = #"{"type":"error","code":"too-fast","message":"Slow down.","after":5}"#
        #expect(
            try ChatProtocol.decode(ServerObject.self, from: Array(code.utf8))
                == .error(Problem(Problem.Code(rawValue: "too-fast"), "Slow down."))
        )
    }

    @Test(arguments: [
        "", "hello", "[]", "{}", #"{"type":"ack"}"#, #"{"type":"ack","key":"k","id":-1}"#,
        #"{"type":"message","id":1,"from":"ann","time":1,"text":""}"#, #"{"type":"welcome","id":1}"#,
    ])
    func `what a broken server sends is an error`(json: String) {
        #expect(throws: Problem.self) { try ChatProtocol.decode(ServerObject.self, from: Array(json.utf8)) }
    }
}
