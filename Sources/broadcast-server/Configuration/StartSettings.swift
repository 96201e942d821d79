import LWSSwift
import Logging

/// Everything `start` can be told, after flags, variables, file and defaults were put together, in this order.
struct StartSettings: Equatable {
    var host: String
    var port: Int
    var network: NetworkSettings
    /// As they were said: without any, the address decides.
    var serverNames: [ServerName]
    var access: AccessSettings
    var drain: DrainSettings
    var chat: ChatSettings
    var limits: LimitSettings
    var storage: StorageSettings
    /// nil for a server that is alone.
    var cluster: ClusterSettings?
    var log: LogSettings
    /// The channels that metrics show by themselves.
    var shownChannels: [ChannelName]

    /// - Throws: a failure that names what is needed and cannot be understood.
    init(flags: StartFlags, environment: Environment) throws(Failure) {
        host = try environment.value(\.host, flags.host)
        port = try environment.value(\.port, flags.port)
        network = try NetworkSettings(flags: flags, environment: environment)
        serverNames = try environment.value(\.serverName, flags.serverName)
        network.doors.names = ServerNames(serverNames, listeningAt: host)
        access = try AccessSettings(flags: flags.tokens, environment: environment)
        drain = try DrainSettings(flags: flags.draining, environment: environment)
        chat = try ChatSettings(flags: flags, environment: environment)
        limits = try LimitSettings(flags: flags, environment: environment)
        storage = try StorageSettings(flags: flags, chat: &chat, environment: environment)
        cluster = try ClusterSettings(flags: flags, chat: chat, storage: storage, environment: environment)
        shownChannels = try environment.value(\.metricsChannel, flags.metricsChannel)
        if shownChannels.count > ChannelName.mostShown {
            let message = "--metrics-channel may be repeated \(ChannelName.mostShown) times at most."
            try environment.refuse(message, about: ServerOptions.table.metricsChannel)
        }
        log = LogSettings(
            level: try environment.value(\.logLevel, flags.logLevel).level,
            file: try Self.logFile(flags, environment),
            keepsMessages: try environment.value(\.logMessages, flags.logMessages) == .on,
            format: try environment.value(\.logFormat, flags.logFormat)
        )
    }

    /// Takes from others what may be changed while the server runs (``ServerOptions``: what is reloadable), for a server that
    /// is to go on with it.
    mutating func adopt(_ others: StartSettings) {
        network.doors.origins = others.network.doors.origins
        network.doors.metricsReaders = others.network.doors.metricsReaders
        // The address that it listens at stays.
        serverNames = others.serverNames
        network.doors.names = ServerNames(serverNames, listeningAt: host)
        let cookieName = access.cookieName
        access = others.access
        access.cookieName = cookieName
        let readsProxyHeader = limits.readsProxyHeader
        limits = others.limits
        limits.readsProxyHeader = readsProxyHeader
        // A server with TLS stays one, and one without.
        if network.tls != nil, let tls = others.network.tls { network.tls = tls }
        drain = others.drain
        let format = log.format
        log = others.log
        log.format = format
    }

    /// The stronger of two decides: a flag `--log-file` wins over a variable that asks for no file, and that over a file
    /// that the configuration file names.
    private static func logFile(_ flags: StartFlags, _ environment: Environment) throws(Failure) -> LogSettings.File? {
        let file = try environment.value(\.logFile, flags.logFile)
        let flag: Bool? = flags.noLogFile ? true : flags.logFile == nil ? nil : false
        let isUnwanted = try environment.value(\.noLogFile, flag)
        if isUnwanted, environment.source(\.noLogFile).strength >= environment.source(\.logFile).strength { return nil }
        if let file { return LogSettings.File(path: file) }
        return LogSettings.File(path: Defaults.serverLogFile, levelWhenMissing: .warning)
    }
}

extension ChatSettings {
    fileprivate init(flags: StartFlags, environment: Environment) throws(Failure) {
        threads = try environment.value(\.threads, flags.threads)
        envelope = try environment.value(\.envelope, flags.envelope)
        if try environment.value(\.compression, flags.compression) == .off { compression = nil }
        echoes = try environment.value(\.echo, flags.echo)
        maximumMessageBytes = try environment.value(\.maxMessage, flags.maxMessage).bytes
        slowClients.action = try environment.value(\.slowClient, flags.slowClient).action
        // By one message alone nobody is too slow.
        let leastBacklog = max(slowClients.maximumBytesBehind, 2 * Defaults.grown(maximumMessageBytes))
        let backlog = try environment.value(\.maxBacklog, flags.maxBacklog)?.bytes ?? leastBacklog
        slowClients.maximumBytesBehind = backlog
        slowClients.publishersWaitAboveBytes = backlog / 2
        let lag = try environment.value(\.maxLag, flags.maxLag).duration
        if lag <= .zero {
            let message = "--max-lag must be longer than zero. \(TimeSpan.rule)"
            try environment.refuse(message, about: ServerOptions.table.maxLag)
        }
        slowClients.maximumTimeBehind = lag
        history = try HistorySettings(flags: flags, environment: environment)
        sessionGrace = try environment.value(\.sessionGrace, flags.sessionGrace).duration
        let interval = try environment.value(\.commentInterval, flags.commentInterval).duration
        eventCommentInterval = interval == .zero ? nil : interval
    }
}

extension HistorySettings {
    /// nil when nothing is kept: a 0 anywhere keeps nothing.
    fileprivate init?(flags: StartFlags, environment: Environment) throws(Failure) {
        maximumMessages = try environment.value(\.historyMessages, flags.historyMessages)
        maximumTotalBytes = try environment.value(\.historyTotal, flags.historyTotal).bytes
        maximumBytes = try min(environment.value(\.historyBytes, flags.historyBytes).bytes, maximumTotalBytes)
        maximumAge = try environment.value(\.historyAge, flags.historyAge).duration
        guard maximumMessages > 0, maximumBytes > 0, maximumAge > .zero else { return nil }
    }
}
