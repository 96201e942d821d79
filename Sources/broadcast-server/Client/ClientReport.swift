import Logging

/// What a client tells at its end.
struct ClientReport: Sendable {
    /// How it ended.
    struct Ending: Sendable {
        let code: ExitCode
        let level: Logger.Level
        let text: String
    }

    /// nil when it was ended from outside, by a signal or when its time was over.
    var ending: Ending?
    /// What else is to be said, such as what was not sent: sentences, each behind a space.
    var remarks = ""

    /// The report of a client that has come to its end by itself.
    init(_ code: ExitCode, _ level: Logger.Level, _ text: String) {
        ending = Ending(code: code, level: level, text: text)
    }

    /// The report of a client that was ended from outside.
    init(remarks: String = "") {
        self.remarks = remarks
    }
}
