import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct EnvelopeTests {
    @Test(arguments: ["hello", "", "hi there 👋", "Client 2: not me", "a\nb"])
    func `a text message names its sender`(text: String) {
        #expect(Envelope.text.wrap(.text(text), from: "Client 135847") == .text("Client 135847: \(text)"))
        #expect(Envelope.text.wrap(.text(text), from: "ann 👋") == .text("ann 👋: \(text)"))
    }

    @Test func `a binary message passes unchanged`() {
        let message = WebSocketMessage.binary([0, 255, 10])
        #expect(Envelope.text.wrap(message, from: "ann") == message)
    }

    @Test func `without an envelope a text message passes unchanged too`() {
        #expect(Envelope.none.wrap(.text("hello"), from: "ann") == .text("hello"))
    }

    @Test func `the longest prefix is within the bound that clients reckon with`() throws {
        var names = NameRegister()
        let longest = try MemberName(String(repeating: "👋", count: MemberName.maximumBytes / 4))
        for number in 1...UInt64(NameRegister.maximumAlike) {
            let claimed = names.claim(longest, for: .member(ClientID(number: number)))
            let name = try #require(claimed)
            #expect(Envelope.text.wrap(.text(""), from: name).bytes.count <= Defaults.maximumPrefixBytes)
        }
        let unnamed = Envelope.text.wrap(.text(""), from: "Client \(UInt64.max)")
        #expect(unnamed.bytes.count <= Defaults.maximumPrefixBytes)
    }
}
