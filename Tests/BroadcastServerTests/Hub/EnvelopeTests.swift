import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct EnvelopeTests {
    @Test(arguments: ["hello", "", "hi there 👋", "Client 2: not me", "a\nb"])
    func `text goes out behind the sender's name`(text: String) {
        let envelope = Envelope(sender: ClientID(number: 135_847))
        let message = envelope.wrap(.text(text))
        #expect(message == .text("Client 135847: \(text)"))
    }

    @Test func `binary messages pass unchanged`() {
        let message = WebSocketMessage.binary([0, 255, 10])
        #expect(Envelope(sender: ClientID(number: 1)).wrap(message) == message)
    }

    @Test func `no prefix is longer than clients make room for`() {
        let envelope = Envelope(sender: ClientID(number: .max))
        #expect(envelope.wrap(.text("")).bytes.count <= Defaults.maximumPrefixBytes)
    }
}
