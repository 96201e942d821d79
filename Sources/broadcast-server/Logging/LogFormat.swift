import ArgumentParser

/// How lines of the log are written.
enum LogFormat: String, OptionValue, CaseIterable {
    /// For people.
    case text
    /// One object of JSON a line, for programs.
    case json

    static let valueName = "format"
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
    static let rule = "Use one of: \(names)."
    static var defaultCompletionKind: CompletionKind { .list(allCases.map(\.rawValue)) }

    init?(argument text: String) {
        self.init(rawValue: text)
    }

    var defaultValueDescription: String { rawValue }
}
