import ArgumentParser

/// The flags of `start` that say how much there may be of something.
struct LimitFlags: ParsableArguments {
    @Option(\.rateClientMessages) var rateClientMessages: CountRate?
    @Option(\.rateClientBytes) var rateClientBytes: ByteRate?
    @Option(\.rateSubjectMessages) var rateSubjectMessages: CountRate?
    @Option(\.rateSubjectBytes) var rateSubjectBytes: ByteRate?
    @Option(\.rateChannelMessages) var rateChannelMessages: CountRate?
    @Option(\.rateChannelBytes) var rateChannelBytes: ByteRate?
    @Option(\.rateHandshakes) var rateHandshakes: CountRate?
    @Option(\.maxConnections) var maxConnections: Int?
    @Option(\.maxConnectionsPerAddress) var maxConnectionsPerAddress: Int?
    @Option(\.maxChannels) var maxChannels: Int?
    @Option(\.maxChannelsPerAddress) var maxChannelsPerAddress: Int?
    @Option(\.maxSessions) var maxSessions: Int?
    @Option(\.maxSessionsPerAddress) var maxSessionsPerAddress: Int?
    @Option(\.trustedProxy) var trustedProxy: [AddressNetwork]
    @Option(\.forwardedField) var forwardedField: ForwardedField?
    @Flag(\.proxyProtocol) var proxyProtocol: Bool?
}
