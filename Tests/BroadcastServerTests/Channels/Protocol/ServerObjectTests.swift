import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ServerObjectTests {
    private static let ann = Member(id: ClientID(number: 3), name: "ann")

    private static let objects: [(ServerObject, String)] = [
        (
            .welcome(
                Welcome(
                    position: "k3f9.1041",
                    recovered: true,
                    member: ann,
                    session: "0f",
                    channel: "team",
                    count: 1,
                    members: [ann],
                    maxMessage: 65_536
                )
            ),
            #"{"channel":"team","count":1,"maxMessage":65536,"member":{"id":3,"name":"ann"},"members":[{"id":3,"name":"ann"}],"#
                + #""position":"k3f9.1041","recovered":true,"session":"0f","type":"welcome"}"#
        ),
        (
            .welcome(
                Welcome(position: "k3f9.0", recovered: false, member: ann, session: "0f", channel: "", count: 200)
            ),
            #"{"channel":"","count":200,"member":{"id":3,"name":"ann"},"position":"k3f9.0","recovered":false,"#
                + #""session":"0f","type":"welcome"}"#
        ),
        (
            .message(ChatMessage(id: "k3f9.1042", from: ann, time: 1_763_933_812_345, text: "a/b\u{1} 👋\u{2028}")),
            #"{"from":{"id":3,"name":"ann"},"id":"k3f9.1042","text":"a/b\u0001 👋"# + "\u{2028}"
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
        (
            .members(Attendance(count: 1, members: [ann])),
            #"{"count":1,"members":[{"id":3,"name":"ann"}],"type":"members"}"#
        ),
        (.members(Attendance(count: 101)), #"{"count":101,"type":"members"}"#),
        (.position("k3f9.1050"), #"{"id":"k3f9.1050","type":"position"}"#),
        (
            .gap(Gap(from: "k3f9.3", to: "k3f9.41", missing: 38, reason: .expired)),
            #"{"from":"k3f9.3","missing":38,"reason":"expired","to":"k3f9.41","type":"gap"}"#
        ),
        (.gap(Gap(to: "k3f9.41", reason: .malformed)), #"{"reason":"malformed","to":"k3f9.41","type":"gap"}"#),
        (
            .gap(
                Gap(
                    from: "k3f9.3",
                    to: "k3f9.4",
                    missing: 1,
                    reason: .slow,
                    behind: Gap.Lag(bytes: 1_048_576, milliseconds: 2_100)
                )
            ),
            #"{"behind":{"bytes":1048576,"milliseconds":2100},"from":"k3f9.3","missing":1,"reason":"slow","#
                + #""to":"k3f9.4","type":"gap"}"#
        ),
        (
            .ack(Acknowledgement(key: "k-1", id: "k3f9.7", receivers: 12, stored: .memory)),
            #"{"id":"k3f9.7","key":"k-1","receivers":12,"stored":"memory","type":"ack"}"#
        ),
        (
            .ack(Acknowledgement(key: "k-1", id: "k3f9.7", receivers: 0, stored: .memory, isDuplicate: true)),
            #"{"duplicate":true,"id":"k3f9.7","key":"k-1","receivers":0,"stored":"memory","type":"ack"}"#
        ),
        (
            .history(HistoryPage(messages: [], position: "k3f9.0", hasMore: false, start: .after("k3f9.0"))),
            #"{"after":"k3f9.0","messages":[],"more":false,"position":"k3f9.0","type":"history"}"#
        ),
        (
            .history(
                HistoryPage(
                    messages: [
                        PastMessage(id: "k3f9.7", from: ann, time: 1, content: .text("hi")),
                        PastMessage(id: "k3f9.8", from: ann, time: 2, content: .binary([0, 255, 254])),
                    ],
                    position: "k3f9.9",
                    missing: 3,
                    hasMore: true,
                    start: .before("k3f9.9")
                )
            ),
            #"{"before":"k3f9.9","messages":["#
                + #"{"from":{"id":3,"name":"ann"},"id":"k3f9.7","text":"hi","time":1},"#
                + #"{"binary":"AP/+","from":{"id":3,"name":"ann"},"id":"k3f9.8","time":2}],"#
                + #""missing":3,"more":true,"position":"k3f9.9","type":"history"}"#
        ),
        (
            .status(.away("nobody is there")),
            #"{"cluster":"away","message":"The cluster takes nothing just now: nobody is there.","type":"status"}"#
        ),
        (.status(.back), #"{"cluster":"back","type":"status"}"#),
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
        let type = #"{"type":"typing","from":1}"#
        #expect(try ChatProtocol.decode(ServerObject.self, from: Array(type.utf8)) == .unknown(type: "typing"))
        let code = #"{"type":"error","code":"too-fast","message":"Slow down.","after":5}"#
        #expect(
            try ChatProtocol.decode(ServerObject.self, from: Array(code.utf8))
                == .error(Problem(Problem.Code(rawValue: "too-fast"), "Slow down."))
        )
    }

    @Test(arguments: [
        "", "hello", "[]", "{}", #"{"type":"ack"}"#, #"{"type":"ack","key":"k","id":7}"#,
        #"{"type":"message","id":"1.1","from":"ann","time":1,"text":""}"#, #"{"type":"welcome","position":"1.1"}"#,
        #"{"type":"position","id":1}"#, #"{"type":"gap","reason":"slow"}"#,
        #"{"type":"history","messages":[],"position":"1.1","more":false}"#,
        #"{"type":"history","messages":[{"id":"1.1"}],"position":"1.1","more":false,"after":"1.0"}"#,
    ])
    func `what a broken server sends is an error`(json: String) {
        #expect(throws: Problem.self) { try ChatProtocol.decode(ServerObject.self, from: Array(json.utf8)) }
    }
}
