import LWSSwift
import Logging

/// Writes to the log whom the server turns away: each once, and so many that a flood of them does not bury all else. May be used
/// on any thread.
final class RefusalLog: Sendable {
    private let logger: Logger
    private let pace = Monitor(Pace())

    /// How many lines may be written, and how many were not. Pure.
    struct Pace: Sendable {
        private static let rate = RateLimit(burst: 50, interval: .milliseconds(200))

        private var use = RateLimit.Use()
        private var leftOut = 0

        /// Counts a line.
        ///
        /// - Returns: how many were left out since the last one, when this one may be written; nil when it is left out, too.
        mutating func count(now: ContinuousClock.Instant) -> Int? {
            guard Self.rate.allows(&use, now: now) else {
                leftOut += 1
                return nil
            }
            defer { leftOut = 0 }
            return leftOut
        }
    }

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// - Parameters:
    ///   - address: of whom it is about; nil when that is not known.
    ///   - status: of an answer over HTTP.
    ///   - line: called when there is room for it.
    func log(_ address: SocketAddress?, status: Int? = nil, _ line: () -> String) {
        guard logger.logLevel <= .info, let leftOut = pace.withLock({ $0.count(now: .now) }) else { return }
        logger.event(
            .info,
            .refused,
            Logger.Metadata([
                ("address", address), ("status", status), ("left_out", leftOut == 0 ? nil : leftOut),
            ]),
            "\(line())\(leftOut == 0 ? "" : " (\(leftOut) more were not logged.)")"
        )
    }
}
