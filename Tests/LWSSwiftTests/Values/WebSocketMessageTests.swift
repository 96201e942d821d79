import LWSSwift
import Testing

@Suite struct WebSocketMessageTests {
    @Test func `a text message is UTF-8, whichever way it is made`() {
        let message: WebSocketMessage = "grüße"
        #expect(message.kind == .text && message.bytes == Array("grüße".utf8) && message.text == "grüße")
        #expect(WebSocketMessage.text(validating: message.bytes) == message)
        #expect(WebSocketMessage.text(validating: [0xFF]) == nil)
        #expect("\(1 + 1) is two" as WebSocketMessage == .text("2 is two"))
    }

    @Test func `a binary message is not text`() {
        let message = WebSocketMessage.binary([0xFF, 0])
        #expect(message.kind == .binary && message.text == nil && "\(message)" == "2 bytes")
        #expect(WebSocketMessage.binary([65]) != .text("A"))
    }
}
