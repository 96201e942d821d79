import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct SayingTests {
    private static let ann = Member(id: ClientID(number: 3), name: "ann")
    private let saying = Saying(from: Self.ann, prefix: "ann: ", text: .text("hi 👋"))

    @Test func `members of plain text get it behind its prefix`() {
        #expect(saying.form(MemberForm.text.rawValue, number: 9) == BroadcastForm(.text("hi 👋"), prefix: "ann: "))
    }

    @Test func `those who speak JSON get an object with its number and time`() throws {
        #expect(
            saying.object(id: 9, time: 1_763_933_812_345).form(MemberForm.json.rawValue, number: 9)
                == BroadcastForm(
                    .text(#"{"from":{"id":3,"name":"ann"},"id":9,"text":"hi 👋","time":1763933812345,"type":"message"}"#)
                )
        )
        let form = try #require(saying.form(MemberForm.json.rawValue, number: 9))
        #expect(form.prefix.isEmpty)
        #expect(form.message.text?.hasPrefix(#"{"from":{"id":3,"name":"ann"},"id":9,"text":"hi 👋","time":"#) == true)
    }

    @Test func `announcements are for those who speak JSON`() {
        let announcement = ServerObject.joined(Presence(member: Self.ann, count: 2))
        #expect(announcement.form(MemberForm.text.rawValue, number: 1) == nil)
        #expect(
            announcement.form(MemberForm.json.rawValue, number: 1)
                == BroadcastForm(.text(#"{"count":2,"member":{"id":3,"name":"ann"},"type":"joined"}"#))
        )
    }
}
