import Logging

/// What people are told of a server whose cluster is away, or back.
struct StatusNotice: Equatable {
    var level: Logger.Level
    /// One line, fit for a terminal.
    var line: String

    /// nil for a status that this version does not know.
    init?(_ status: Status) {
        switch status.cluster {
        case .away:
            level = .warning
            line = EscapedText.escape(status.message ?? "The cluster takes nothing just now.")
        case .back:
            level = .notice
            line = "The cluster is there again."
        default: return nil
        }
    }
}
