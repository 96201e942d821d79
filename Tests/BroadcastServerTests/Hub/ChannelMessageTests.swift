import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct ChannelMessageTests {
    private static let ann = Member(id: ClientID(number: 3), name: "ann")

    @Test func `what is said has a form for each kind of member`() {
        let message = ChannelMessage.said(
            .init(from: Self.ann, envelope: .text, text: .text("hi 👋"))
        )
        #expect(message.encoded(as: .text, id: 9) == BroadcastForm(.text("hi 👋"), prefix: "ann: "))
        #expect(
            message.encoded(as: .json, id: 9, time: 1_763_933_812_345)
                == BroadcastForm(
                    .text(#"{"from":{"id":3,"name":"ann"},"id":9,"text":"hi 👋","time":1763933812345,"type":"message"}"#)
                )
        )
    }

    @Test(arguments: MemberForm.allCases)
    func `binary messages are the same for all`(form: MemberForm) {
        #expect(ChannelMessage.binary(.binary([0, 255])).encoded(as: form, id: 1) == BroadcastForm(.binary([0, 255])))
    }

    @Test func `announcements are for those who speak JSON`() {
        let message = ChannelMessage.announcement(.joined(Presence(member: Self.ann, count: 2)))
        #expect(message.encoded(as: .text, id: 1) == nil)
        #expect(
            message.encoded(as: .json, id: 1)
                == BroadcastForm(.text(#"{"count":2,"member":{"id":3,"name":"ann"},"type":"joined"}"#))
        )
    }
}
