import CLibWebSockets
import LWSSwift
import Logging
import Testing

/// Keeps what is logged.
private struct RecordingHandler: LogHandler {
    let lines: Watched<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level): \(event.message)")
    }
}

@Suite(.timeLimit(.minutes(1))) struct LogTests {
    @Test func `what libwebsockets logs reaches the logger of the loop, with its level`() async throws {
        let lines = Watched<[String]>([])
        let logger = Logger(label: "test") { _ in RecordingHandler(lines: lines) }
        try await withLoop(.init(logger: logger)) { loop in
            try await loop.run {
                unsafe withVaList([]) { unsafe _lws_logv(LLL_ERR, "something went wrong\n", $0) }
            }
        }
        #expect(lines.value.contains("warning: libwebsockets: something went wrong"))
    }
}
