import Testing

@testable import broadcast_server

@Suite struct PublishAcknowledgementTests {
    @Test(arguments: [
        (#"{"stream":"S","seq":12}"#, PublishAcknowledgement.stored(12)),
        (#"{"stream":"S","seq":12,"duplicate":true}"#, .stored(12)),
        // A server that says so has not stored it.
        (#"{"stream":"S","seq":0,"duplicate":true}"#, .later("an answer without a sequence")),
        (#"{"error":{"code":503,"err_code":10008,"description":"not available"}}"#, .later("not available")),
        (#"{"error":{"code":400,"err_code":10054,"description":"too large"}}"#, .refused("too large")),
        ("x", .later("an answer that is none")),
    ])
    func `an answer is read`(text: String, answer: PublishAcknowledgement) {
        #expect(PublishAcknowledgement(message(text)) == answer)
    }

    @Test func `nobody there is a reason to try again`() {
        #expect(PublishAcknowledgement(message("", status: "503")) == .later("no server leads the stream"))
    }

    private func message(_ text: String, status: String? = nil) -> NATSMessage {
        NATSMessage(subject: "s", reply: nil, bytes: Array(text.utf8), status: status)
    }
}
