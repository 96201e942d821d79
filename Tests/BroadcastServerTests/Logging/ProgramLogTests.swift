import Foundation
import Logging
import Testing

@testable import broadcast_server

/// The log of a program that is told to log otherwise while it runs.
@Suite(.timeLimit(.minutes(1))) struct ProgramLogTests {
    private func withLog(
        _ settings: LogSettings,
        _ body: (ProgramLog, String) async throws -> Void
    ) async throws {
        let directory = try makeTemporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var settings = settings
        settings.file?.path = directory + "/a.log"
        let log = try ProgramLog(settings, stream: .output, console: SilentSink())
        try await body(log, directory)
        log.close()
    }

    private static let toFile = LogSettings(level: .info, file: .init(path: ""))

    @Test func `loggers that exist follow the level`() async throws {
        try await withLog(Self.toFile) { log, directory in
            let logger = log.logger("test")
            var own = logger
            own.logLevel = .critical
            logger.debug("before")
            var settings = LogSettings(level: .debug, file: .init(path: directory + "/a.log"))
            await log.make(try log.prepare(settings))
            #expect(logger.logLevel == .debug && own.logLevel == .critical)
            logger.debug("after")
            settings.level = .error
            settings.keepsMessages = false
            await log.make(try log.prepare(settings))
            #expect(!log.hasMessages)
            logger.warning("nothing")
            log.close()
            let text = try contents(of: directory + "/a.log")
            #expect(text.contains("after") && !text.contains("before") && !text.contains("nothing"))
        }
    }

    @Test func `another file gets what comes from then on, and none gets nothing`() async throws {
        try await withLog(Self.toFile) { log, directory in
            let logger = log.logger("test")
            logger.info("one")
            await log.make(try log.prepare(LogSettings(level: .info, file: .init(path: directory + "/b.log"))))
            logger.info("two")
            await log.make(try log.prepare(LogSettings(level: .info, file: nil)))
            logger.info("three")
            await log.make(try log.prepare(LogSettings(level: .info, file: .init(path: directory + "/a.log"))))
            logger.info("four")
            log.close()
            let (one, other) = (try contents(of: directory + "/a.log"), try contents(of: directory + "/b.log"))
            #expect(["one", "four"].allSatisfy(one.contains) && !one.contains("two") && !one.contains("three"))
            #expect(other.contains("two") && !other.contains("one") && !other.contains("three"))
        }
    }

    @Test func `a file that cannot be had changes nothing`() async throws {
        try await withLog(Self.toFile) { log, directory in
            let settings = LogSettings(level: .trace, file: .init(path: directory + "/none/b.log"))
            #expect(throws: Failure.self) { try log.prepare(settings) }
            // One that is open already is closed again.
            await log.drop(try log.prepare(LogSettings(level: .trace, file: .init(path: directory + "/c.log"))))
            #expect(log.level == .info)
            log.logger("test").info("still here")
            log.close()
            #expect(try contents(of: directory + "/a.log").contains("still here"))
            #expect(try contents(of: directory + "/c.log") == "")
        }
    }
}

private struct SilentSink: LogSink {
    var style: LogLineFormatter.Style { LogLineFormatter.Style() }
    mutating func write(_ batch: LogBatch) {}
    mutating func close() {}
}

@Suite struct LogThresholdsTests {
    @Test(arguments: Logger.Level.allCases + [nil], [true, false])
    func `what is put in comes out`(level: Logger.Level?, keepsMessages: Bool) {
        for other in Logger.Level.allCases + [nil] {
            let values = LogThresholds.Values(console: level, file: other, keepsMessages: keepsMessages)
            #expect(LogThresholds(values).values == values)
        }
    }
}
