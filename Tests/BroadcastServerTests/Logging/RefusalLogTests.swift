import Testing

@testable import broadcast_server

@Suite struct RefusalLogTests {
    @Test func `a flood of refusals is counted, and not written line by line`() {
        var pace = RefusalLog.Pace()
        let start = ContinuousClock.now
        let written = (0..<1_000).compactMap { _ in pace.count(now: start) }
        #expect(written == Array(repeating: 0, count: 50))
        #expect(pace.count(now: start + .seconds(1)) == 950)
        #expect(pace.count(now: start + .seconds(2)) == 0)
    }
}
