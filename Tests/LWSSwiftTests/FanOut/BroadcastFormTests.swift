import Testing

@testable import LWSSwift

@Suite struct BroadcastFormTests {
    @Test func `text before a text message is a part of the payload`() {
        let form = BroadcastForm(.text("hi 👋"), prefix: "ann: ")
        #expect(form.bytes == Array("ann: hi 👋".utf8))
        #expect(form.byteCount == form.bytes.count)
    }

    @Test func `a binary message is never altered`() {
        let form = BroadcastForm(.binary([0, 255]), prefix: "ann: ")
        #expect(form == BroadcastForm(.binary([0, 255])))
        #expect(form.bytes == [0, 255])
    }
}
