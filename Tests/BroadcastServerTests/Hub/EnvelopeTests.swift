import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct EnvelopeTests {
    @Test(arguments: ["hello", "", "hi there 👋", "Client 2: not me", "a\nb"])
    func `text goes out behind the sender's name`(text: String) {
        #expect(Envelope(name: "Client 135847").wrap(.text(text)) == .text("Client 135847: \(text)"))
        #expect(Envelope(name: "ann 👋").wrap(.text(text)) == .text("ann 👋: \(text)"))
    }

    @Test func `binary messages pass unchanged`() {
        let message = WebSocketMessage.binary([0, 255, 10])
        #expect(Envelope(name: "ann").wrap(message) == message)
    }

    @Test func `no prefix is longer than clients make room for`() throws {
        let longest = String(repeating: "👋", count: MemberName.maximumBytes / 4)
        var names = NameRegister()
        let name = try MemberName(longest)
        for number in 1...UInt64(NameRegister.maximumAlike) {
            let claimed = names.claim(name, for: .member(ClientID(number: number)))
            let given = try #require(claimed)
            #expect(Envelope(name: given).wrap(.text("")).bytes.count <= Defaults.maximumPrefixBytes)
        }
        #expect(Envelope(name: "Client \(UInt64.max)").wrap(.text("")).bytes.count <= Defaults.maximumPrefixBytes)
    }
}
