import Foundation
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
        let file = NSTemporaryDirectory() + "LWSSwift-\(UUID().uuidString).pem"
        try "this is no certificate".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await withLoop(.init(logger: logger)) { loop in
            var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
            configuration.tls = TLSServerConfiguration(certificateChainFile: file, privateKeyFile: file)
            await #expect {
                _ = try await WebSocketServer.start(configuration, on: loop, onConnection: echo)
            } throws: {
                ($0 as? WebSocketError)?.code == .tls
            }
        }
        #expect(lines.value.contains { $0.contains("libwebsockets: ") && !$0.hasPrefix("debug") })
    }
}
