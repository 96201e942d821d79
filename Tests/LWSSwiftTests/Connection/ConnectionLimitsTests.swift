import Testing

@testable import LWSSwift

@Suite struct ConnectionLimitsTests {
    @Test func `the defaults hold together`() throws {
        try ConnectionLimits().validate()
    }

    static let wrong: [(String, @Sendable (inout ConnectionLimits) -> Void)] = [
        ("maximumMessageBytes", { $0.maximumMessageBytes = 0 }),
        ("maximumQueuedBytes", { $0.maximumQueuedBytes = $0.outbound.highBytes - 1 }),
        ("lowBytes", { $0.inbound.lowBytes = $0.inbound.highBytes + 1 }),
        ("lowBytes", { $0.outbound.lowBytes = -1 }),
        ("lowMessages", { $0.inbound.lowMessages = $0.inbound.highMessages + 1 }),
        ("highMessages", { $0.inbound = .init(lowBytes: 0, highBytes: 1, lowMessages: 0, highMessages: 0) }),
    ]

    @Test(arguments: wrong)
    func `a contradiction is refused by name`(name: String, change: @Sendable (inout ConnectionLimits) -> Void) {
        var limits = ConnectionLimits()
        change(&limits)
        #expect { try limits.validate() } throws: { error in
            (error as? WebSocketError)?.code == .invalidConfiguration && "\(error)".contains(name)
        }
    }
}
