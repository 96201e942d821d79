import ArgumentParser
import Logging

/// A level of the log, as it is written on the command line.
struct LogLevel: OptionValue {
    static let valueName = "level"
    static let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
    static let rule = "Use one of: \(names)."
    static var defaultCompletionKind: CompletionKind { .list(Logger.Level.allCases.map(\.rawValue)) }

    let level: Logger.Level

    init(_ level: Logger.Level) {
        self.level = level
    }

    init?(argument text: String) {
        guard let level = Logger.Level(rawValue: text) else { return nil }
        self.level = level
    }

    var defaultValueDescription: String { level.rawValue }
}
