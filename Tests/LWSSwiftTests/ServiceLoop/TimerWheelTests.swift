import Testing

@testable import LWSSwift

@Suite struct TimerWheelTests {
    private func token(_ index: UInt32) -> TimerWheel.Token {
        TimerWheel.Token(index: index, generation: 1)
    }

    @Test func `an entry fires at its tick, and once`() {
        var wheel = TimerWheel()
        #expect(wheel.add(token(1), at: 5) == 5)
        #expect(wheel.nextDue == 5)
        #expect(wheel.advance(to: 4).isEmpty)
        #expect(wheel.advance(to: 5).map(\.token) == [token(1)])
        #expect(wheel.nextDue == nil)
        #expect(wheel.advance(to: 10_000).isEmpty)
    }

    @Test func `entries fire in the order of their ticks, however far the wheel turns at once`() {
        var wheel = TimerWheel()
        for tick: UInt32 in [30, 10, 20, 10] { _ = wheel.add(token(tick), at: UInt64(tick)) }
        let fired = wheel.advance(to: 100)
        #expect(fired.map(\.token.index) == [10, 10, 20, 30])
        #expect(fired.map(\.tick) == [10, 10, 20, 30])
        #expect(wheel.current == 100)
    }

    @Test func `what is due already fires at the next tick`() {
        var wheel = TimerWheel()
        _ = wheel.advance(to: 50)
        #expect(wheel.add(token(1), at: 0) == 51)
        #expect(wheel.add(token(2), at: 50) == 51)
        #expect(wheel.advance(to: 51).count == 2)
    }

    /// 512 slots, and far entries are looked at every 256 ticks: both sides of each border.
    @Test(arguments: [511, 512, 513, 767, 768, 769, 1_023, 1_024, 1_025, 100_000] as [UInt64], [0, 1, 255, 256, 500])
    func `what lies beyond the slots fires at its tick, and not before`(distance: UInt64, start: UInt64) {
        var wheel = TimerWheel()
        _ = wheel.advance(to: start)
        let due = start + distance
        #expect(wheel.add(token(1), at: due) == due)
        #expect(wheel.advance(to: due - 1).isEmpty)
        #expect(!wheel.isEmpty)
        #expect(wheel.nextDue == due)
        #expect(wheel.advance(to: due + 1_000).map(\.tick) == [due])
        #expect(wheel.isEmpty)
    }

    @Test func `a wheel that only goes where it is asked to keeps far deadlines, beside near ones`() {
        var wheel = TimerWheel()
        let ticks: [UInt64] = [3, 700, 700, 90_000, 511]
        for tick in ticks { _ = wheel.add(token(UInt32(tick)), at: tick) }
        var fired: [UInt64] = []
        while let next = wheel.nextDue { fired += wheel.advance(to: next).map(\.tick) }
        #expect(fired == ticks.sorted())
        #expect(wheel.add(token(1), at: .max) == .max)
        #expect(wheel.advance(to: 1_000_000).isEmpty)
    }

    @Test func `a wheel that turns for long keeps every deadline`() {
        var wheel = TimerWheel()
        var expected: [UInt64: Int] = [:]
        var fired: [UInt64: Int] = [:]
        for tick in 1...3_000 as ClosedRange<UInt64> {
            let due = wheel.add(token(UInt32(tick)), at: tick + tick * 37 % 900)
            expected[due, default: 0] += 1
            for entry in wheel.advance(to: tick) { fired[entry.tick, default: 0] += 1 }
        }
        for entry in wheel.advance(to: 4_000) { fired[entry.tick, default: 0] += 1 }
        #expect(fired == expected)
    }
}
