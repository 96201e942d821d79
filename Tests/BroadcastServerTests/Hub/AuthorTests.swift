import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct AuthorTests {
    private static let ann = Member(id: ClientID(number: 3), name: "ann")
    private let author = Author(member: Self.ann, prefix: "ann: ")
    private let message: WebSocketMessage = "hi 👋"

    private func form(of message: WebSocketMessage, for form: MemberForm) -> BroadcastForm {
        author.form(of: message.borrowed, for: form.rawValue, number: 9)
    }

    @Test func `members of plain text get the message behind the author's prefix`() {
        #expect(form(of: message, for: .text) == .message(prefix: "ann: "))
    }

    @Test func `those who speak JSON get an object with its number and time`() throws {
        let object = author.object(message.borrowed, id: 9, time: 1_763_933_812_345)
        let json = #"{"from":{"id":3,"name":"ann"},"id":9,"text":"hi 👋","time":1763933812345,"type":"message"}"#
        #expect(object == .text(json))
        let other = form(of: message, for: .json)
        #expect(other != .message() && other != .nothing)
    }

    @Test(arguments: MemberForm.allCases)
    func `all get binary messages as they are`(member: MemberForm) {
        // The group leaves the prefix out.
        #expect([.message(), .message(prefix: "ann: ")].contains(form(of: .binary([0, 255]), for: member)))
    }

    @Test func `announcements are for those who speak JSON`() {
        let (text, json) = (MemberForm.text.rawValue, MemberForm.json.rawValue)
        #expect(Announcement().form(of: message.borrowed, for: text, number: 1) == .nothing)
        #expect(Announcement().form(of: message.borrowed, for: json, number: 1) == .message())
        let joined = ChatProtocol.encode(ServerObject.joined(Presence(member: Self.ann, count: 2)))
        #expect(joined == .text(#"{"count":2,"member":{"id":3,"name":"ann"},"type":"joined"}"#))
    }
}
