import Testing

@testable import broadcast_server

@Suite struct ConsumerSignalTests {
    @Test(
        arguments: [
            (nil, nil, ConsumerSignal.heartbeat(stalledAt: nil)), (nil, "s", .heartbeat(stalledAt: "s")),
            ("r", nil, .flowControl("r")),
        ] as [(String?, String?, ConsumerSignal)]
    )
    func `what a consumer says beside messages is told apart`(
        reply: String?,
        stalledAt: String?,
        signal: ConsumerSignal
    ) {
        let message = NATSMessage(subject: "s", reply: reply, bytes: [], status: "100", stalledAt: stalledAt)
        #expect(ConsumerSignal(message) == signal)
    }

    @Test func `a message is no signal`() {
        #expect(ConsumerSignal(NATSMessage(subject: "s", reply: nil, bytes: [], status: nil)) == nil)
    }

    @Test(arguments: [
        "$JS.ACK.S.c.1.42.7.1700000000123456789.0", "$JS.ACK.d.h.S.c.1.42.7.1700000000123456789.0.x",
        "$JS.ACK._.h.S.c.1.42.7.1700000000123456789.0",
    ])
    func `a place is read from either form of the reply`(reply: String) {
        let place = NATSMessage.Place(reply: reply)
        #expect(place?.sequence == 42 && place?.time == 1_700_000_000_123 && place?.isFirst == false)
    }

    @Test(arguments: ["", "_INBOX.x", "$JS.ACK.S.c.1.x.7.1.0", "$JS.ACK.S.c.1.2.3"])
    func `other replies are none`(reply: String) {
        #expect(NATSMessage.Place(reply: reply) == nil)
    }
}
