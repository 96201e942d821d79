import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct EnvelopeTests {
    @Test func `a text message names its sender`() {
        let wrapped = Envelope.text.wrap(.text("hi there 👋"), from: ClientID(number: 135_847))
        #expect(wrapped == .text("Client 135847: hi there 👋"))
    }

    @Test func `a binary message passes unchanged`() {
        let message = WebSocketMessage.binary([0, 255, 10])
        #expect(Envelope.text.wrap(message, from: ClientID(number: 1)) == message)
    }

    @Test func `without an envelope a text message passes unchanged too`() {
        #expect(Envelope.none.wrap(.text("hello"), from: ClientID(number: 1)) == .text("hello"))
    }

    @Test func `the longest prefix is within the bound that clients reckon with`() {
        let wrapped = Envelope.text.wrap(.text(""), from: ClientID(number: .max))
        #expect(wrapped.bytes.count <= Defaults.maximumPrefixBytes)
    }
}
