import LWSSwift
import Logging

/// Everything `start` can be told, after flags, environment and defaults were put together, in this order.
struct StartSettings: Equatable {
    var host: String
    var port: Int
    var network: NetworkSettings
    var chat: ChatSettings
    var storage: StorageSettings
    var log: LogSettings

    /// - Throws: a failure that names the variable, when one is needed that cannot be understood.
    init(
        flags: StartCommand.Flags,
        memoryFlags: MemoryFlags,
        storageFlags: StorageFlags,
        networkFlags: NetworkFlags,
        logFlags: LogFlags,
        environment: Environment
    ) throws(Failure) {
        host = flags.host ?? environment.host() ?? Defaults.host
        port = try Self.first(flags.port, environment.port) ?? Defaults.port
        network = try NetworkSettings(flags: networkFlags, environment: environment)
        chat = try Self.chat(flags, environment)
        chat.history = try Self.history(memoryFlags, environment)
        chat.sessionGrace = try Self.first(memoryFlags.sessionGrace, environment.sessionGrace) ?? chat.sessionGrace
        if let interval = try Self.first(networkFlags.commentInterval, environment.commentInterval) {
            chat.eventCommentInterval = interval == .zero ? nil : interval
        }
        storage = try StorageSettings(flags: storageFlags, chat: &chat, environment: environment)
        log = LogSettings(
            level: try Self.first(logFlags.logLevel, environment.logLevel) ?? Defaults.logLevel,
            file: try Self.logFile(logFlags, environment),
            keepsMessages: try Self.first(logFlags.logMessages, environment.logMessages) != .off
        )
    }

    private static func chat(_ flags: StartCommand.Flags, _ environment: Environment) throws(Failure) -> ChatSettings {
        var chat = ChatSettings()
        chat.threads = try first(flags.threads, environment.threads) ?? chat.threads
        chat.envelope = try first(flags.envelope, environment.envelope) ?? chat.envelope
        if try first(flags.compression, environment.compression) == .off { chat.compression = nil }
        chat.echoes = try flags.echo ? true : environment.echo() ?? chat.echoes
        if let action = try first(flags.slowClient, environment.slowClient) { chat.slowClients.action = action.action }
        chat.maximumMessageBytes = try first(flags.maxMessage, environment.maxMessage) ?? chat.maximumMessageBytes
        // By one message alone nobody is too slow.
        let leastBacklog = max(chat.slowClients.maximumBytesBehind, 2 * Defaults.grown(chat.maximumMessageBytes))
        let backlog = try first(flags.maxBacklog, environment.maxBacklog) ?? leastBacklog
        chat.slowClients.maximumBytesBehind = backlog
        chat.slowClients.publishersWaitAboveBytes = backlog / 2
        if let time = try first(flags.maxLag, environment.maxLag) {
            guard time > .zero else { throw Failure(.usage, "--max-lag must be longer than zero. \(TimeSpan.rule)") }
            chat.slowClients.maximumTimeBehind = time
        }
        return chat
    }

    /// What is kept of what was said; a 0 anywhere keeps nothing.
    private static func history(
        _ flags: MemoryFlags,
        _ environment: Environment
    ) throws(Failure) -> HistorySettings? {
        var history = HistorySettings()
        history.maximumMessages =
            try first(flags.historyMessages, environment.historyMessages) ?? history.maximumMessages
        history.maximumTotalBytes = try first(flags.historyTotal, environment.historyTotal) ?? history.maximumTotalBytes
        history.maximumBytes = try first(flags.historyBytes, environment.historyBytes) ?? history.maximumBytes
        history.maximumBytes = min(history.maximumBytes, history.maximumTotalBytes)
        history.maximumAge = try first(flags.historyAge, environment.historyAge) ?? history.maximumAge
        let isKept = history.maximumMessages > 0 && history.maximumBytes > 0 && history.maximumAge > .zero
        return isKept ? history : nil
    }

    private static func first<Value>(
        _ flag: Value?,
        _ variable: () throws(Failure) -> Value?
    ) throws(Failure) -> Value? {
        if let flag { return flag }
        return try variable()
    }

    /// A flag decides for itself: `--log-file` wins over a variable that asks for no file, and the reverse.
    private static func logFile(_ flags: LogFlags, _ environment: Environment) throws(Failure) -> LogSettings.File? {
        if flags.noLogFile || flags.logFile != nil { return flags.file() }
        if try environment.noLogFile() == true { return nil }
        if let file = environment.logFile() { return LogSettings.File(path: file) }
        return LogSettings.File(path: Defaults.serverLogFile, levelWhenMissing: .warning)
    }
}
