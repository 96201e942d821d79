import Testing

@testable import LWSSwift

@Suite struct ConnectionLimitsTests {
    @Test func `the defaults hold together`() throws {
        try ConnectionLimits().validate()
    }

    @Test func `what is without limit, or at once, is taken`() throws {
        var limits = ConnectionLimits()
        limits.keepalive = nil
        limits.messageTimeout = nil
        limits.closeTimeout = .zero
        limits.stallTimeout = .seconds(Int64.max)
        limits.maximumMessageBytes = .max
        limits.maximumQueuedBytes = .max
        try limits.validate()
    }

    static let wrong: [(String, @Sendable (inout ConnectionLimits) -> Void)] = [
        ("maximumMessageBytes", { $0.maximumMessageBytes = 0 }),
        ("maximumQueuedBytes", { $0.maximumQueuedBytes = $0.outbound.highBytes - 1 }),
        ("lowBytes", { $0.inbound.lowBytes = $0.inbound.highBytes + 1 }),
        ("lowBytes", { $0.outbound.lowBytes = -1 }),
        ("lowMessages", { $0.inbound.lowMessages = $0.inbound.highMessages + 1 }),
        ("highMessages", { $0.inbound = .init(lowBytes: 0, highBytes: 1, lowMessages: 0, highMessages: 0) }),
        ("highBytes", { $0.inbound = .init(lowBytes: 0, highBytes: -1) }),
        ("handshakeTimeout", { $0.handshakeTimeout = .zero }),
        ("keepalive.interval", { $0.keepalive?.interval = .zero }),
        ("keepalive.timeout", { $0.keepalive?.timeout = .seconds(-1) }),
        ("idleTimeout", { $0.idleTimeout = .zero }),
        ("messageTimeout", { $0.messageTimeout = .milliseconds(-1) }),
        ("closeTimeout", { $0.closeTimeout = .nanoseconds(-1) }),
        ("stallTimeout", { $0.stallTimeout = .zero }),
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
