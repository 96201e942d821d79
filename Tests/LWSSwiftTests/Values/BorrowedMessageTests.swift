import Testing

@testable import LWSSwift

@Suite struct BorrowedMessageTests {
    @Test(arguments: ["", "hi 👋", WebSocketMessage.binary([0, 255])])
    func `a message that is lent has the same bytes, and can be kept`(message: WebSocketMessage) {
        let borrowed = message.borrowed
        #expect(borrowed.kind == message.kind)
        #expect(borrowed.bytes.byteCount == message.bytes.count)
        #expect(borrowed.text == message.text)
        #expect(borrowed.message == message)
    }

    @Test func `bytes that are lent from elsewhere are copied to be kept`() {
        var bytes = Array("hi".utf8)
        let kept = unsafe BorrowedMessage(uncheckedKind: .text, bytes: bytes.span.bytes).message
        bytes[0] = UInt8(ascii: "H")
        #expect(kept == "hi" && bytes == Array("Hi".utf8))
    }
}
