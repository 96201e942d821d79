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

    /// - Parameter progress: what the peer has taken; nothing new unless said.
    private mutating func demand(
        _ now: UInt64,
        _ situation: Liveness.Situation = .init(),
        progress: UInt64 = 0
    ) -> Liveness.Demand {
        liveness.demand(now, settings, situation) { progress }
    }

    /// Asks at every millisecond, and gives when something else than nothing is due.
    private mutating func firstDemand(
        from begin: UInt64,
        _ situation: Liveness.Situation = .init(),
        progress: (UInt64) -> UInt64
    ) -> (time: UInt64, demand: Liveness.Demand)? {
        for now in begin..<(begin + 5_000) {
            let demand = demand(now, situation, progress: progress(now))
            if demand != .nothing { return (now, demand) }
        }
        return nil
    }

    private mutating func everythingHasLeft(_ now: UInt64) -> Bool { liveness.everythingHasLeft(now) }

    private mutating func heard(_ now: UInt64) -> Bool { liveness.heard(now) }
    private mutating func messageIsUnderWay() -> Bool { liveness.messageIsUnderWay() }
    private mutating func pieceHasArrived() -> Bool { liveness.pieceHasArrived() }
    private mutating func writingStalled(_ now: UInt64) -> Bool { liveness.writingStalled(now) }

    private func next(_ now: UInt64, _ situation: Liveness.Situation = .init()) -> UInt64? {
        liveness.next(now, settings, situation)
    }

    @Test mutating func `a silent peer is asked once, and cut when it does not answer`() {
        #expect(next(1_000) == 1_200)
        #expect(demand(1_199) == .nothing)
        #expect(demand(1_200) == .ping)
        #expect(everythingHasLeft(1_200))
        #expect(demand(1_249) == .nothing)
        #expect(demand(1_250) == .cut)
    }

    @Test mutating func `the time of a ping runs from when it has left`() {
        #expect(demand(1_200) == .ping)
        // The socket is full: neither a second ping nor an end is due.
        #expect(demand(1_300) == .nothing)
        #expect(everythingHasLeft(1_400))
        #expect(!everythingHasLeft(1_401))
        #expect(demand(1_449) == .nothing)
        #expect(demand(1_450) == .cut)
    }

    @Test mutating func `a peer that takes bytes is not cut for a pong that is late`() {
        _ = demand(1_200)
        _ = everythingHasLeft(1_200)
        liveness.sent(1_200)
        // It takes something every 40 of the 50 milliseconds until 1,500, and then nothing more.
        let end = firstDemand(from: 1_201) { now in min(now, 1_500) / 40 }
        #expect(end?.demand == .cut)
        #expect((1_520...1_570).contains(end?.time ?? 0), "\(String(describing: end))")
    }

    @Test mutating func `an answer begins the silence anew`() {
        #expect(demand(1_200) == .ping)
        _ = everythingHasLeft(1_200)
        #expect(heard(1_240))
        #expect(!heard(1_241))
        #expect(next(1_241) == 1_441)
        #expect(demand(1_440) == .nothing)
        #expect(demand(1_441) == .ping)
    }

    @Test mutating func `pings are no messages, those of groups are`() {
        #expect(demand(1_200) == .ping)
        _ = everythingHasLeft(1_200)
        _ = liveness.heard(1_201)
        #expect(demand(1_401) == .ping)
        _ = everythingHasLeft(1_401)
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

    @Test mutating func `of a message that is read in pieces the next one must come in time`() {
        _ = liveness.heard(1_050)
        #expect(pieceHasArrived())
        #expect(demand(1_149) == .nothing)
        _ = liveness.heard(1_149)
        #expect(!pieceHasArrived())
        // What is no piece by itself, such as a part of a character, gains no time.
        _ = liveness.heard(1_200)
        #expect(!messageIsUnderWay())
        #expect(demand(1_248) == .nothing)
        #expect(demand(1_249) == .fail("message takes too long"))
        liveness.messageHasEnded()
        #expect(demand(1_249) == .nothing)
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
        _ = everythingHasLeft(1_200)
        let stopped = Liveness.Situation(isReading: false)
        #expect(demand(1_499, stopped) == .nothing, "but for the idle time nothing is due")
        liveness.readingWentOn(1_400)
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
        #expect(!everythingHasLeft(1_400))
        #expect(demand(1_400) == .nothing)
    }

    @Test mutating func `a socket that stays full while its peer takes bytes is waited for`() {
        _ = writingStalled(1_100)
        liveness.sent(1_100)
        let end = firstDemand(from: 1_101, .init(isReading: false, lastDelivery: .max)) { now in min(now, 2_000) / 100 }
        #expect(end?.demand == .failAndCut("peer takes no messages"))
        #expect((2_300...2_400).contains(end?.time ?? 0), "\(String(describing: end))")
    }

    @Test mutating func `a peer that does not answer the close frame is cut`() {
        liveness.closingBegan(1_100)
        let closing = Liveness.Situation(isOpen: false)
        #expect(demand(1_499, closing) == .nothing)
        #expect(demand(1_500, closing) == .cut)
    }

    @Test mutating func `the time to answer a close frame runs from when it has left, and while the peer takes bytes`()
    {
        liveness.closingBegan(1_100)
        let closing = Liveness.Situation(isOpen: false)
        for now in UInt64(1_101)...2_000 { #expect(demand(now, closing, progress: now) == .nothing) }
        liveness.closeFrameLeft(2_100)
        #expect(demand(2_499, closing, progress: 2_000) == .nothing)
        #expect(demand(2_500, closing, progress: 2_000) == .cut)
    }

    @Test mutating func `a connection that is not open has no deadline`() {
        let closed = Liveness.Situation(isOpen: false)
        #expect(next(5_000, closed) == nil)
        #expect(demand(5_000, closed) == .nothing)
    }

    @Test mutating func `of one that is held back what its system takes is a sign of life`() {
        let held = Liveness.Situation(isReading: false, isHeldBack: true)
        #expect(demand(1_200, held, progress: 5) == .ping)
        #expect(everythingHasLeft(1_200))
        #expect(demand(1_215, held, progress: 7) == .nothing)
        // It was heard of then, and is asked again only when it has been silent for as long as usual.
        let next = firstDemand(from: 1_216, held) { _ in 7 }
        #expect(next?.time == 1_415)
        #expect(next?.demand == .ping)
        #expect(everythingHasLeft(1_415))
        let end = firstDemand(from: 1_416, held) { _ in 7 }
        #expect(end?.time == 1_465)
        #expect(end?.demand == .cut)
    }

    @Test mutating func `one that is held back is not idle`() {
        let held = Liveness.Situation(isReading: false, isHeldBack: true)
        for now in stride(from: 1_000, to: 9_000 as UInt64, by: 10) {
            if demand(now, held, progress: now) == .ping { #expect(everythingHasLeft(now)) }
        }
        #expect(next(9_000, held) != 1_500)
    }
}
