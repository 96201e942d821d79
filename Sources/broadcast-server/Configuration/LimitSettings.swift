import LWSSwift

/// How much there may be of everything. What nobody has asked for limits nothing that is usual.
struct LimitSettings: Equatable, Sendable {
    /// How fast messages may come.
    var rates = RateSettings()
    /// How often an address may come.
    var handshakes = Rate.none
    /// Connections and event streams, of all together.
    var maximumConnections = 100_000
    var connectionsPerAddress = AddressLimit.half
    /// Channels, of all together.
    var maximumChannels = 10_000
    /// Channels that one address has made.
    var channelsPerAddress = AddressLimit.half
    /// Sessions without a connection, of all together and of one address.
    var maximumSessions = 1_000
    var sessionsPerAddress = 100
    /// Who says in whose name it comes.
    var trustedProxies = AddressNetworks()
    /// Where they say it.
    var forwardedField = ForwardedField.xForwardedFor
    /// Whether connections begin with the address that they come from (PROXY protocol).
    var readsProxyHeader = false

    init() {}

    /// Whether an address stands for many, since it is that of a proxy.
    func isProxy(_ address: SocketAddress?) -> Bool { trustedProxies.contains(address) }
}

extension LimitSettings {
    /// - Throws: a failure that names the variable that is wrong.
    init(flags: StartFlags, environment: Environment) throws(Failure) {
        let limits = flags.limits
        rates.client = MessageRates(
            messages: try environment.value(\.rateClientMessages, limits.rateClientMessages).rate,
            bytes: try environment.value(\.rateClientBytes, limits.rateClientBytes).rate
        )
        rates.subject = MessageRates(
            messages: try environment.value(\.rateSubjectMessages, limits.rateSubjectMessages).rate,
            bytes: try environment.value(\.rateSubjectBytes, limits.rateSubjectBytes).rate
        )
        rates.channel = MessageRates(
            messages: try environment.value(\.rateChannelMessages, limits.rateChannelMessages).rate,
            bytes: try environment.value(\.rateChannelBytes, limits.rateChannelBytes).rate
        )
        handshakes = try environment.value(\.rateHandshakes, limits.rateHandshakes).rate
        maximumConnections = try environment.value(\.maxConnections, limits.maxConnections)
        connectionsPerAddress = AddressLimit(
            try environment.value(\.maxConnectionsPerAddress, limits.maxConnectionsPerAddress)
        )
        maximumChannels = try environment.value(\.maxChannels, limits.maxChannels)
        channelsPerAddress = AddressLimit(try environment.value(\.maxChannelsPerAddress, limits.maxChannelsPerAddress))
        maximumSessions = try environment.value(\.maxSessions, limits.maxSessions)
        sessionsPerAddress = try environment.value(\.maxSessionsPerAddress, limits.maxSessionsPerAddress)
        trustedProxies = AddressNetworks(try environment.value(\.trustedProxy, limits.trustedProxy))
        forwardedField = try environment.value(\.forwardedField, limits.forwardedField)
        readsProxyHeader = try environment.value(\.proxyProtocol, limits.proxyProtocol)
    }
}
