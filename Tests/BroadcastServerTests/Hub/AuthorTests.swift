import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct AuthorTests {
    private static let ann = Member(id: ClientID(number: 3), name: "ann")
    private let author = Author(member: Self.ann, prefix: "ann: ")

    @Test func `those who speak JSON get an object with the message's number and time`() {
        let message: WebSocketMessage = "hi 👋"
        let object = author.object(message.borrowed, id: 9, time: 1_763_933_812_345)
        let json = #"{"from":{"id":3,"name":"ann"},"id":"0.9","text":"hi 👋","time":1763933812345,"type":"message"}"#
        #expect(object == .text(json))
    }

    @Test func `who has come is an object too`() {
        let joined = ChatProtocol.encode(ServerObject.joined(Presence(member: Self.ann, count: 2)))
        #expect(joined == .text(#"{"count":2,"member":{"id":3,"name":"ann"},"type":"joined"}"#))
    }
}
