import Logging

/// Writes to the log whom the server turns away: each once, and so many that a flood of them does not bury all else. May be used
/// on any thread.
final class RefusalLog: Sendable {
    private static let rate = RateLimit(burst: 50, interval: .milliseconds(200))

    private struct State: Sendable {
        var use = RateLimit.Use()
        var leftOut = 0
    }

    private let logger: Logger
    private let state = Monitor(State())

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// - Parameter line: called when there is room for it.
    func log(now: ContinuousClock.Instant = .now, _ line: () -> String) {
        guard logger.logLevel <= .info else { return }
        let leftOut = state.withLock { state -> Int? in
            guard Self.rate.allows(&state.use, now: now) else {
                state.leftOut += 1
                return nil
            }
            defer { state.leftOut = 0 }
            return state.leftOut
        }
        guard let leftOut else { return }
        logger.info("\(line())\(leftOut == 0 ? "" : " (\(leftOut) more were not logged.)")")
    }
}
