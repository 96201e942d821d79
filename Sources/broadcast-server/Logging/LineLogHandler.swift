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
        let fields = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        log.write(event.level, Self.text(event.message, fields), fields)
    }

    private static func text(_ message: Logger.Message, _ fields: Logger.Metadata) -> String {
        guard !fields.isEmpty, fields[Logger.eventKey] == nil else { return message.description }
        let pairs = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return "\(message) (\(pairs.joined(separator: ", ")))"
    }
}
