import Testing

@testable import LWSSwift

@Suite struct LoopClockTests {
    private static let roundings: [(Duration, UInt64)] = [
        (.zero, 0), (.seconds(-1), 0), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1_001), 2),
        (.seconds(70), 70_000),
    ]

    @Test(arguments: roundings)
    func `a duration is rounded up to milliseconds, and a negative one is none`(duration: Duration, expected: UInt64) {
        #expect(duration.milliseconds == expected)
    }

    @Test(arguments: [
        Duration.seconds(Int64.max), Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999),
    ])
    func `the longest durations may be added to times and to each other`(duration: Duration) {
        let milliseconds = duration.milliseconds
        let (sum, overflows) = milliseconds.addingReportingOverflow(milliseconds)
        #expect(!overflows && sum < .max / 2)
        #expect(milliseconds > 365 * 24 * 3_600_000)
    }
}
