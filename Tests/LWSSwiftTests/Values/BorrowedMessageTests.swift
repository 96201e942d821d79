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

    @Test func `a part is a message of the same kind, from the same memory`() {
        let message: WebSocketMessage = "hi 👋!"
        let source = message.borrowed
        let part = source.extracting(3..<7)
        #expect(part.message == "👋")
        let place = source.bytes.byteOffsets(of: part.bytes)
        #expect(place == 3..<7)
        #expect(source.extracting(8..<8).message == "")
        #expect(WebSocketMessage.binary([1, 200, 3]).borrowed.extracting(1..<2).message == .binary([200]))
    }

    @Test(arguments: [2..<4, 4..<7, 0..<9])
    func `no part cuts a character of a text, or reaches beyond it`(range: Range<Int>) async {
        await #expect(processExitsWith: .failure) { [range] in
            _ = ("hi 👋!" as WebSocketMessage).borrowed.extracting(range)
        }
    }
}
