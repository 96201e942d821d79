import LWSSwift

/// The table of the options of `start`: each is described here, and nowhere else.
///
/// From it come the flags (``StartFlags``), the variables (``Environment``), the names in the configuration file
/// (``ConfigurationFile``), the section on variables in `--help`, what `--print-config` prints, and docs/configuration.md, which `scripts/options` writes. An option that is added here needs its line in `StartFlags`,
/// and somebody who reads it (``StartSettings``).
struct ServerOptions: Sendable {
    static let table = ServerOptions()

    let config = Setting<String?>(
        "config",
        "Read options from this file too, written in YAML; flags and variables win over it.",
        value: "file"
    ).outsideFile()
    let host = Setting(
        "host",
        default: Defaults.host,
        "The name or address to listen at; 0.0.0.0 and :: stand for all of them.",
        value: "host"
    )
    let port = Setting(
        "port",
        as: .within(0...65_535),
        default: Defaults.port,
        "The port to listen on; 0 picks a free one.",
        value: "port"
    )
    let allowOrigin = Setting<[OriginPolicy.Exception]>(
        list: "allow-origin",
        """
        Let web pages of this origin use the channels, over WebSockets and HTTP alike, such as https://chat.example; * for \
        all. Repeat for more. The server's own page, and clients that are no browsers, always may.
        """
    ).reloadable()
    let serverName = Setting<[ServerName]>(
        list: "server-name",
        ifMissing: "localhost and its addresses, for a server that listens there; otherwise *",
        """
        A name that clients reach the server by, such as chat.example or *.example, which is what their Host field has to \
        say; * for any. Repeat for more.
        """
    ).reloadable()
    let tlsCert = Setting<String?>(
        "tls-cert",
        "Serve wss:// with this certificate, a PEM file with the intermediate ones after it; needs --tls-key.",
        value: "file"
    ).reloadable()
    let tlsKey = Setting<String?>(
        "tls-key",
        "The private key of --tls-cert, a PEM file without a passphrase.",
        value: "file"
    ).reloadable()
    let anonymous = Setting<[RightsEntry]>(
        list: "anonymous",
        separator: .space,
        ifMissing: "* for all, unless tokens are accepted",
        "What everybody may without a token, such as news=subscribe,history. Repeat for more."
    ).reloadable()
    let tokenFile = Setting<String?>(
        "token-file",
        "Accept the tokens of this file, with lines that the command token makes.",
        value: "file"
    ).reloadable()
    let tokenKey = Setting<[String]>(
        list: "token-key",
        """
        Accept tokens that are signed with the private key to a public one in this file, PEM or JWKS. Repeat for more.
        """,
        value: "file"
    ).reloadable()
    let tokenSecret = Setting<[String]>(
        list: "token-secret",
        "Accept tokens that are signed with the secret in this file, of 32 bytes at least. Repeat for more.",
        value: "file"
    ).reloadable()
    let tokenAlgorithm = Setting<[SignatureAlgorithm]>(
        list: "token-algorithm",
        ifMissing: "all that the keys are for",
        "An algorithm that may sign tokens. Repeat for more."
    ).reloadable()
    let tokenIssuer = Setting<[String]>(
        list: "token-issuer",
        "Who may issue tokens, by their claim iss. Repeat for more.",
        value: "issuer"
    ).reloadable()
    let tokenAudience = Setting<[String]>(
        list: "token-audience",
        "Whom tokens have to be for, by their claim aud. Repeat for more.",
        value: "audience"
    ).reloadable()
    let tokenLeeway = Setting(
        "token-leeway",
        default: TimeSpan(TokenRules().leeway),
        "By how much the clocks of those who issue tokens may differ."
    ).reloadable()
    let tokenAllow = Setting<[RightsEntry]>(
        list: "token-allow",
        separator: .space,
        "What those may whose token has no claim channels. Repeat for more."
    ).reloadable()
    let tokenForever = Setting(switch: "token-forever", "Accept tokens that never expire.").reloadable()
    let tokenCookie = Setting<String?>(
        "token-cookie",
        "Take tokens from the cookie of this name, too, for pages of the server's own site.",
        value: "name"
    )
    let revoked = Setting<String?>(
        "revoked",
        "Refuse the tokens and the subjects that this file names.",
        value: "file"
    ).reloadable()
    let adminSocket = Setting<String?>(
        "admin-socket",
        "Take orders of whoever runs the server at a Unix-domain socket of this path, over HTTP (docs/operation.md).",
        value: "path"
    )
    let drainDelay = Setting(
        "drain-delay",
        default: TimeSpan(DrainSettings().delay),
        "After SIGTERM, how long to go on while /readyz says that nobody should be sent here any more."
    ).reloadable()
    let drainRate = Setting(
        "drain-rate",
        as: .within(1...1_000_000),
        default: DrainSettings().rate,
        "How many clients come back in a second to a server that was restarted or upgraded.",
        value: "count"
    ).reloadable()
    let metricsAllow = Setting<[AddressNetwork]>(
        list: "metrics-allow",
        """
        Show the numbers of the server at /metrics to whoever comes from this address or network, such as 127.0.0.1 or \
        10.0.0.0/8. Repeat for more.
        """
    ).reloadable()
    let metricsChannel = Setting<[ChannelName]>(
        list: "metrics-channel",
        "Show some numbers of this channel by itself, and of all others together. Repeat for more, up to 100."
    )
    let pingInterval = Setting(
        "ping-interval",
        default: TimeSpan(ConnectionLimits.Keepalive().interval),
        "After how much silence to ask whether the other side is still there; 0 for never."
    )
    let commentInterval = Setting(
        "comment-interval",
        default: TimeSpan(ChatSettings().eventCommentInterval ?? .zero),
        """
        After how much silence to send a comment to those who listen to events, so that nothing in between cuts them off; 0 \
        for never.
        """
    )
    let threads = Setting(
        "threads",
        default: ChatSettings().threads,
        "Threads that serve connections: a number, or auto for one for each processor."
    )
    let echo = Setting(switch: "echo", "Send a message to its sender too.")
    let envelope = Setting(
        "envelope",
        default: ChatSettings().envelope,
        "What the others get: text for \"Client <id>: <text>\", none for the message as it came."
    )
    let maxMessage = Setting(
        "max-message",
        as: .within(ByteCount(1 << 10)...ByteCount(64 << 20)),
        default: ByteCount(ChatSettings().maximumMessageBytes),
        "The largest message that is taken, from 1K to 64M."
    )
    let slowClient = Setting(
        "slow-client",
        default: SlowClientAction.close,
        "What to do with a client that does not keep up: close, drop-oldest or drop-newest."
    )
    let maxBacklog = Setting(
        "max-backlog",
        as: .within(1...ByteCount.largest),
        ifMissing: "16M, or what two of the largest messages need",
        "How many bytes a client may be behind, such as 512K or 16M."
    )
    let maxLag = Setting(
        "max-lag",
        default: TimeSpan(ChatSettings().slowClients.maximumTimeBehind ?? .zero),
        "How long a client may be behind, such as 500ms or 2m."
    )
    let compression = Setting(
        "compression",
        default: OnOff.on,
        "Compress messages, where the other side can: on or off."
    )
    let historyMessages = Setting(
        "history-messages",
        as: .within(0...1_000_000),
        default: HistorySettings().maximumMessages,
        "How many messages of each channel are kept for those who come back; 0 for none.",
        value: "count"
    )
    let historyBytes = Setting(
        "history-bytes",
        default: ByteCount(HistorySettings().maximumBytes),
        "How many bytes of each channel's messages are kept; 0 for none."
    )
    let historyAge = Setting(
        "history-age",
        default: TimeSpan(HistorySettings().maximumAge),
        "How long messages are kept; 0 for not at all."
    )
    let historyTotal = Setting(
        "history-total",
        default: ByteCount(HistorySettings().maximumTotalBytes),
        "How many bytes of messages are kept in all; the channels that were used longest ago give up theirs first."
    )
    let sessionGrace = Setting(
        "session-grace",
        default: TimeSpan(ChatSettings().sessionGrace),
        "How long a client whose connection is lost stays a member, until it comes back."
    )
    let rateClientMessages = Setting(
        "rate-client-messages",
        default: CountRate.none,
        """
        How many messages a client may send in a second, and perhaps how many at once, as in 50:200: it is read from more \
        slowly then. 0 for no limit. Of those who publish over HTTP, what one address may.
        """
    ).reloadable()
    let rateClientBytes = Setting(
        "rate-client-bytes",
        default: ByteRate.none,
        "How many bytes of messages a client may send in a second, as in 64K or 64K:1M; 0 for no limit.",
        value: "rate"
    ).reloadable()
    let rateSubjectMessages = Setting(
        "rate-subject-messages",
        default: CountRate.none,
        "The same for all connections of a token's subject together."
    ).reloadable()
    let rateSubjectBytes = Setting(
        "rate-subject-bytes",
        default: ByteRate.none,
        "The same for the bytes of all connections of a token's subject together.",
        value: "rate"
    ).reloadable()
    let rateChannelMessages = Setting(
        "rate-channel-messages",
        default: CountRate.none,
        "The same for all who send to a channel together."
    ).reloadable()
    let rateChannelBytes = Setting(
        "rate-channel-bytes",
        default: ByteRate.none,
        "The same for the bytes of all who send to a channel together.",
        value: "rate"
    ).reloadable()
    let rateHandshakes = Setting(
        "rate-handshakes",
        default: CountRate.none,
        "How often an address may connect in a second, and perhaps how often at once, as in 5:50; 0 for no limit."
    ).reloadable()
    let maxConnections = Setting(
        "max-connections",
        as: .within(1...10_000_000),
        default: LimitSettings().maximumConnections,
        "How many connections and event streams there may be; more than 100,000 only from a start on.",
        value: "count"
    ).reloadable()
    let maxConnectionsPerAddress = Setting<Int?>(
        "max-connections-per-address",
        as: .within(0...10_000_000),
        ifMissing: "half of --max-connections, but for this machine itself",
        "How many of them one address may have, of IPv6 one network of 64 bits; 0 for no limit.",
        value: "count"
    ).reloadable()
    let maxChannels = Setting(
        "max-channels",
        as: .within(1...10_000_000),
        default: LimitSettings().maximumChannels,
        "How many channels there may be; the one without a name comes on top.",
        value: "count"
    ).reloadable()
    let maxChannelsPerAddress = Setting<Int?>(
        "max-channels-per-address",
        as: .within(0...10_000_000),
        ifMissing: "half of --max-channels, but for this machine itself",
        "How many of them one address may have made; 0 for no limit.",
        value: "count"
    ).reloadable()
    let maxSessions = Setting(
        "max-sessions",
        as: .within(1...10_000_000),
        default: LimitSettings().maximumSessions,
        "How many sessions are remembered that have no connection.",
        value: "count"
    ).reloadable()
    let maxSessionsPerAddress = Setting(
        "max-sessions-per-address",
        as: .within(1...10_000_000),
        default: LimitSettings().sessionsPerAddress,
        "How many of them of one address.",
        value: "count"
    ).reloadable()
    let trustedProxy = Setting<[AddressNetwork]>(
        list: "trusted-proxy",
        """
        Believe a proxy at this address, or in this network, in whose name it comes. Repeat for more. Without, the addresses \
        of proxies are taken for those of clients.
        """
    ).reloadable()
    let forwardedField = Setting(
        "forwarded-field",
        default: ForwardedField.xForwardedFor,
        "Where proxies say it: x-forwarded-for or forwarded."
    ).reloadable()
    let proxyProtocol = Setting(
        switch: "proxy-protocol",
        """
        Have connections of these proxies, or of everybody when none is named, begin with a header of the PROXY protocol, \
        version 2.
        """
    )
    let stateDir = Setting<String?>(
        "state-dir",
        "A directory that keeps channels, messages, sessions and keys when the server ends.",
        value: "directory"
    )
    let durable = Setting(
        switch: "durable",
        "Acknowledge messages only when they are on the disk; needs --state-dir."
    )
    let cluster = Setting<NATSServers?>(
        "cluster",
        """
        Be one of several nodes that share all channels, by way of NATS with JetStream at these URLs, with commas between \
        them. With a user or token in them, only the variable or the file may say so.
        """
    ).secret { $0.contains("@") }
    let clusterName = Setting(
        "cluster-name",
        as: .natsName,
        default: ClusterSettings.defaultName,
        "What the stream and the subjects of the cluster are called by: letters, digits, - and _.",
        value: "name"
    )
    let clusterWait = Setting(
        switch: "cluster-wait",
        "Wait at the start until NATS is there, rather than give up after five seconds."
    )
    let clusterPatience = Setting(
        "cluster-patience",
        default: TimeSpan(ClusterSettings.defaultPatience),
        "How long a message waits while NATS takes nothing, before it is refused."
    )
    let clusterQueue = Setting(
        "cluster-queue",
        as: .within(ByteCount(1 << 20)...ByteCount.largest),
        default: ByteCount(ClusterSettings.defaultQueue),
        "How many bytes may wait then, of all channels together."
    )
    let clusterCredentials = Setting<String?>(
        "cluster-credentials",
        "How to show NATS who comes: a file that nsc has made, or one with user:password, or a token.",
        value: "file"
    )
    let clusterCA = Setting<String?>(
        "cluster-ca",
        "Speak TLS with NATS, whose certificate is signed by one of these, a PEM file.",
        value: "file"
    )
    let clusterCert = Setting<String?>(
        "cluster-cert",
        "Show NATS this certificate, a PEM file; needs --cluster-key.",
        value: "file"
    )
    let clusterKey = Setting<String?>(
        "cluster-key",
        "The private key of --cluster-cert, a PEM file without a passphrase.",
        value: "file"
    )
    let logLevel = Setting(
        "log-level",
        default: LogLevel(Defaults.logLevel),
        "The least severe level to log: \(LogLevel.names)."
    ).reloadable()
    let logFormat = Setting(
        "log-format",
        default: LogFormat.text,
        "How lines of the log are written: \(LogFormat.names)."
    )
    let logFile = Setting<String?>(
        "log-file",
        ifMissing: Defaults.serverLogFile,
        "Append log lines to this file.",
        value: "path"
    ).reloadable()
    let noLogFile = Setting(switch: "no-log-file", "Log to the console only.").reloadable()
    let logMessages = Setting(
        "log-messages",
        default: OnOff.on,
        "Whether what people say is logged, besides who comes and goes: on or off."
    ).reloadable()
}
