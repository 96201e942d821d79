import ArgumentParser

/// The flags of `start`: what the table describes, as the command line gives it.
struct StartFlags: ParsableArguments {
    @Option(\.config) var config: String?
    @Option(\.host) var host: String?
    @Option(\.port) var port: Int?
    @Option(\.allowOrigin) var allowOrigin: [OriginPolicy.Exception]
    @Option(\.serverName) var serverName: [ServerName]
    @Option(\.tlsCert) var tlsCert: String?
    @Option(\.tlsKey) var tlsKey: String?
    @OptionGroup var tokens: TokenFlags
    @Option(\.adminSocket) var adminSocket: String?
    @OptionGroup var draining: DrainFlags
    @Option(\.metricsAllow) var metricsAllow: [AddressNetwork]
    @Option(\.metricsChannel) var metricsChannel: [ChannelName]
    @Option(\.pingInterval) var pingInterval: TimeSpan?
    @Option(\.commentInterval) var commentInterval: TimeSpan?
    @Option(\.threads) var threads: ThreadCount?
    @Flag(\.echo) var echo: Bool?
    @Option(\.envelope) var envelope: Envelope?
    @Option(\.maxMessage) var maxMessage: ByteCount?
    @Option(\.slowClient) var slowClient: SlowClientAction?
    @Option(\.maxBacklog) var maxBacklog: ByteCount?
    @Option(\.maxLag) var maxLag: TimeSpan?
    @Option(\.compression) var compression: OnOff?
    @Option(\.historyMessages) var historyMessages: Int?
    @Option(\.historyBytes) var historyBytes: ByteCount?
    @Option(\.historyAge) var historyAge: TimeSpan?
    @Option(\.historyTotal) var historyTotal: ByteCount?
    @Option(\.sessionGrace) var sessionGrace: TimeSpan?
    @OptionGroup var limits: LimitFlags
    @Option(\.stateDir) var stateDir: String?
    @Flag(\.durable) var durable: Bool?
    @Option(\.cluster) var cluster: NATSServers?
    @Option(\.clusterName) var clusterName: String?
    @Flag(\.clusterWait) var clusterWait: Bool?
    @Option(\.clusterPatience) var clusterPatience: TimeSpan?
    @Option(\.clusterQueue) var clusterQueue: ByteCount?
    @Option(\.clusterCredentials) var clusterCredentials: String?
    @Option(\.clusterCA) var clusterCA: String?
    @Option(\.clusterCert) var clusterCert: String?
    @Option(\.clusterKey) var clusterKey: String?
    @Option(\.logLevel) var logLevel: LogLevel?
    @Option(\.logFormat) var logFormat: LogFormat?
    @Option(\.logFile) var logFile: String?
    @Flag(\.noLogFile) var noLogFile: Bool
    @Option(\.logMessages) var logMessages: OnOff?

    func validate() throws {
        try LogFlags.check(logFile: logFile, noLogFile: noLogFile)
    }
}
