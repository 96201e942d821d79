/// Where the server keeps what outlives it.
struct StorageSettings: Equatable, Sendable {
    /// nil for nowhere.
    var directory: String?

    /// - Throws: a failure when what is asked for does not go together.
    init(flags: StartFlags, chat: inout ChatSettings, environment: Environment) throws(Failure) {
        directory = try environment.value(\.stateDir, flags.stateDir)
        chat.isDurable = try environment.value(\.durable, flags.durable)
        let options = ServerOptions.table
        if directory?.isEmpty ?? false {
            try environment.refuse("--state-dir needs the name of a directory.", about: options.stateDir)
        }
        if chat.isDurable, directory == nil {
            let message = "--durable needs a place for the messages: say which with --state-dir."
            try environment.refuse(message, about: options.durable)
        }
        if directory != nil, chat.history == nil {
            let message = "--state-dir needs a history: --history-messages, -bytes, -age and -total above 0."
            try environment.refuse(message, about: options.stateDir)
        }
    }
}
