import Logging

/// What a line of the log is about: a name that stays what it is, for programs that read the log (docs/logging.md).
enum LogEventName: String, CaseIterable, Sendable {
    case started, stopping, stopped, upgrade
    case connected, named, disconnected, message
    case slow, throttled, badMessage = "bad_message", refused, revoked, kicked
    case configuration, storage, cluster
    /// What has no other name.
    case log
}

extension Logger {
    /// The field of ``LogEventName``. Of a line that has it, the text says what the other fields do.
    static let eventKey = "event"

    /// Logs what happened: as a text for people, and as fields for programs.
    ///
    /// - Parameters:
    ///   - fields: only made for a log that has the line.
    ///   - text: everything that the fields say, too.
    func event(
        _ level: Logger.Level,
        _ name: LogEventName,
        _ fields: @autoclosure () -> Logger.Metadata,
        _ text: @autoclosure () -> String
    ) {
        guard logLevel <= level else { return }
        var metadata = fields()
        metadata[Self.eventKey] = .string(name.rawValue)
        log(level: level, "\(text())", metadata: metadata)
    }

    /// The same without fields.
    func event(_ level: Logger.Level, _ name: LogEventName, _ text: @autoclosure () -> String) {
        event(level, name, [:], text())
    }
}

extension Logger.Metadata {
    /// With those of the fields that have a value.
    init(_ fields: [(key: String, value: (any CustomStringConvertible & Sendable)?)]) {
        self.init(minimumCapacity: fields.count + 1)
        for (key, value) in fields {
            if let value { self[key] = .stringConvertible(value) }
        }
    }
}
