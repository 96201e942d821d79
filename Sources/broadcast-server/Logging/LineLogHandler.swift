import Logging

/// The handler behind every `Logger` of the program: hands lines to the queues of the console and of the file.
struct LineLogHandler: LogHandler {
    let log: ProgramLog
    /// Set by who has the logger; nil for the log's own, which may change.
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]

    init(log: ProgramLog) {
        self.log = log
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? log.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.write(event.level, Self.text(event.message, metadata, event.metadata))
    }

    private static func text(_ message: Logger.Message, _ own: Logger.Metadata, _ event: Logger.Metadata?) -> String {
        let all = event.map { own.merging($0) { _, new in new } } ?? own
        guard !all.isEmpty else { return message.description }
        let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return "\(message) (\(pairs.joined(separator: ", ")))"
    }
}
