import Testing

@testable import broadcast_server

/// How the end is asked for, and hurried.
@Suite(.timeLimit(.minutes(1))) struct StopSignalsTests {
    private let stop = StopSignals()

    @Test func `an end that was asked for twice before it begins is hurried`() async {
        stop.stop(.timedOut)
        stop.stop(.timedOut)
        let isHurried = await stop.untilHurried { () -> Bool in
            // Ends early when it is cancelled, and not otherwise.
            try? await Task.sleep(for: .seconds(3_600))
            return Task.isCancelled
        }
        #expect(isHurried)
    }

    @Test func `an end that was asked for once is not hurried`() async {
        stop.stop(.timedOut)
        let isHurried = await stop.untilHurried { Task.isCancelled }
        #expect(!isHurried)
        #expect(stop.isEndAskedFor)
    }

    @Test func `what is under way when the end is asked for is given up`() async {
        stop.stop(.timedOut)
        let isGivenUp = await stop.cancelling { () -> Bool in
            try? await Task.sleep(for: .seconds(3_600))
            return Task.isCancelled
        }
        #expect(isGivenUp)
    }
}
