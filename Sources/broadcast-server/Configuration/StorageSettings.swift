/// Where the server keeps what outlives it.
struct StorageSettings: Equatable, Sendable {
    /// nil for nowhere.
    var directory: String?

    /// - Throws: a failure when what is asked for does not go together.
    init(flags: StartFlags, chat: inout ChatSettings, environment: Environment) throws(Failure) {
        directory = try environment.value(\.stateDir, flags.stateDir)
        chat.isDurable = try environment.value(\.durable, flags.durable)
        if directory?.isEmpty ?? false { throw Failure(.usage, "--state-dir needs the name of a directory.") }
        if chat.isDurable, directory == nil {
            throw Failure(.usage, "--durable needs a place for the messages: say which with --state-dir.")
        }
        if directory != nil, chat.history == nil {
            throw Failure(.usage, "--state-dir needs a history: --history-messages, -bytes, -age and -total above 0.")
        }
    }
}
