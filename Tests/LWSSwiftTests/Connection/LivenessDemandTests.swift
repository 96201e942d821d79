import Logging
import Testing

@testable import LWSSwift

/// What time demands of a connection, by the number of milliseconds.
@Suite struct LivenessDemandTests {
    private var liveness = Liveness(now: 1_000)
    private let settings: ConnectionSettings = {
        var limits = ConnectionLimits()
        limits.keepalive = .init(interval: .milliseconds(200), timeout: .milliseconds(50))
        limits.idleTimeout = .milliseconds(500)
        limits.messageTimeout = .milliseconds(100)
        limits.stallTimeout = .milliseconds(300)
        limits.closeTimeout = .milliseconds(400)
        return ConnectionSettings(limits: limits, compression: nil, logger: Logger(label: "test"))
    }()

    private mutating func demand(_ now: UInt64, _ situation: Liveness.Situation = .init()) -> Liveness.Demand {
        liveness.demand(now, settings, situation)
    }

    private mutating func heard(_ now: UInt64) -> Bool { liveness.heard(now) }
    private mutating func messageIsUnderWay() -> Bool { liveness.messageIsUnderWay() }
    private mutating func writingStalled(_ now: UInt64) -> Bool { liveness.writingStalled(now) }

    private func next(_ now: UInt64, _ situation: Liveness.Situation = .init()) -> UInt64? {
        liveness.next(now, settings, situation)
    }

    @Test mutating func `a silent peer is asked once, and cut when it does not answer`() {
        #expect(next(1_000) == 1_200)
        #expect(demand(1_199) == .nothing)
        #expect(demand(1_200) == .ping)
        #expect(next(1_200) == 1_250)
        #expect(demand(1_249) == .nothing)
        #expect(demand(1_250) == .cut)
    }

    @Test mutating func `an answer begins the silence anew`() {
        #expect(demand(1_200) == .ping)
        #expect(heard(1_240))
        #expect(!heard(1_241))
        #expect(next(1_241) == 1_441)
        #expect(demand(1_440) == .nothing)
        #expect(demand(1_441) == .ping)
    }

    @Test mutating func `pings are no messages, those of groups are`() {
        #expect(demand(1_200) == .ping)
        _ = liveness.heard(1_201)
        #expect(demand(1_401) == .ping)
        _ = liveness.heard(1_402)
        #expect(demand(1_500) == .closeIdle)
        #expect(demand(1_500, .init(lastDelivery: 1_300)) == .nothing)
        liveness.messageHasEnded()
        #expect(demand(1_550) == .nothing)
        liveness.sent(1_550)
        #expect(next(1_550) == 1_602)
        #expect(demand(1_550 + 500) == .closeIdle)
    }

    @Test mutating func `a message must come to its end in time`() {
        _ = liveness.heard(1_050)
        #expect(messageIsUnderWay())
        #expect(!messageIsUnderWay())
        #expect(next(1_050) == 1_150)
        #expect(demand(1_150) == .fail("message takes too long"))
        liveness.messageHasEnded()
        #expect(demand(1_150) == .nothing)
    }

    @Test mutating func `while reading is stopped nothing is asked of the peer`() {
        _ = liveness.messageIsUnderWay()
        liveness.readerStopped(1_010)
        let stopped = Liveness.Situation(isReading: false)
        #expect(next(1_010, stopped) == 1_310)
        #expect(demand(1_309, stopped) == .nothing)
        #expect(demand(1_310, stopped) == .fail("messages are not read"))
        liveness.readerWentOn()
        liveness.readingWentOn(1_320)
        // The time of the message and of the silence begins again.
        #expect(demand(1_419) == .nothing)
        #expect(demand(1_420) == .fail("message takes too long"))
    }

    @Test mutating func `after a pause the peer is asked again, and has its whole time to answer`() {
        #expect(demand(1_200) == .ping)
        let stopped = Liveness.Situation(isReading: false)
        #expect(next(1_210, stopped) == 1_500, "but for the idle time nothing is due")
        liveness.readingWentOn(1_400)
        #expect(next(1_400) == 1_450)
        #expect(demand(1_449) == .nothing)
        #expect(demand(1_450) == .cut)
        #expect(heard(1_450))
        #expect(next(1_450) == 1_500)
    }

    @Test mutating func `a socket that takes nothing is not waited for`() {
        #expect(writingStalled(1_100))
        #expect(!writingStalled(1_150))
        _ = liveness.heard(1_300)
        #expect(demand(1_399) == .nothing)
        #expect(demand(1_400) == .failAndCut("peer takes no messages"))
        liveness.writingWentOn()
        #expect(demand(1_400) == .nothing)
    }

    @Test mutating func `a peer that does not answer the close frame is cut`() {
        liveness.closingBegan(1_100, settings)
        let closing = Liveness.Situation(isOpen: false)
        #expect(next(1_100, closing) == 1_500)
        #expect(demand(1_499, closing) == .nothing)
        #expect(demand(1_500, closing) == .cut)
        #expect(next(1_501, closing) == nil)
    }

    @Test mutating func `a connection that is not open has no deadline`() {
        let closed = Liveness.Situation(isOpen: false)
        #expect(next(5_000, closed) == nil)
        #expect(demand(5_000, closed) == .nothing)
    }
}
