import Testing

@testable import LWSSwift

@Suite struct LogTimesTests {
    private func position(_ slab: Int, _ offset: Int = 0) -> LogPosition {
        LogPosition(slab: slab, offset: offset)
    }

    private let start = LogPosition(slab: 0, offset: 0)

    @Test func `what nobody noted counts as new`() {
        var times = LogTimes()
        #expect(times.time(of: position(3), now: 500) == 500)
        times.note(position(3, 10), at: 400, oldest: start)
        #expect(times.time(of: position(3, 9), now: 500) == 500)
    }

    @Test func `a position has the time of the flush that began at it or last before it`() {
        var times = LogTimes()
        times.note(position(1, 0), at: 1_000, oldest: start)
        times.note(position(1, 500), at: 1_200, oldest: start)
        times.note(position(4, 0), at: 9_000, oldest: start)
        #expect(times.time(of: position(1, 0), now: 10_000) == 1_000)
        #expect(times.time(of: position(1, 499), now: 10_000) == 1_000)
        #expect(times.time(of: position(1, 500), now: 10_000) == 1_200)
        #expect(times.time(of: position(3, 7), now: 10_000) == 1_200)
        #expect(times.time(of: position(5, 0), now: 10_000) == 9_000)
    }

    @Test func `flushes within a tenth of a second share a time, the older`() {
        var times = LogTimes()
        for flush in 0..<100 { times.note(position(0, flush), at: UInt64(1_000 + flush), oldest: start) }
        times.note(position(0, 100), at: 1_100, oldest: start)
        #expect(times.time(of: position(0, 99), now: 2_000) == 1_000)
        #expect(times.time(of: position(0, 100), now: 2_000) == 1_100)
    }

    @Test func `what the log has given up is forgotten, what it keeps is not`() {
        var times = LogTimes()
        for slab in 0..<1_000 { times.note(position(slab), at: UInt64(slab) * 100, oldest: position(max(0, slab - 5))) }
        #expect(times.time(of: position(900), now: 200_000) == 200_000, "it has gone")
        for slab in 994..<1_000 { #expect(times.time(of: position(slab), now: 200_000) == UInt64(slab) * 100) }
        #expect(times.time(of: position(994, 60_000), now: 200_000) == 99_400)
    }

    @Test func `an hour is remembered at most`() {
        var times = LogTimes()
        for tick in 0...36_100 { times.note(position(0, tick), at: UInt64(tick) * 100, oldest: start) }
        #expect(times.time(of: position(0, 50), now: 9_999_999) == 9_999_999)
        #expect(times.time(of: position(0, 200), now: 9_999_999) == 20_000)
    }
}
