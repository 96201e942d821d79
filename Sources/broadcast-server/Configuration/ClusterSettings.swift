/// How a node comes to its cluster, and what it keeps there.
struct ClusterSettings: Equatable, Sendable {
    /// URLs of NATS servers, any of which will do: the others become known by it.
    var servers: [String]
    /// What all names in NATS begin with: the stream is called like it in capitals, the subjects in small letters.
    var name = "broadcast"
    var access = NATSAccess()
    /// What the stream keeps of each channel, and for how long.
    var history = HistorySettings()
    /// For how long a change waits while NATS does not take it, before it is refused.
    var patience = Duration.seconds(20)
    /// How much of them may wait then, of all channels together.
    var maximumQueuedBytes = 64 << 20
    /// How long a node that starts waits for NATS; nil to wait for ever.
    var startLimit: Duration? = .seconds(5)

    /// Of what a server does not say for so long it is taken for dead: twice as long as a node may take to notice that its
    /// NATS server stands still, and to go to another one.
    static let silence = Duration.seconds(6)
    static let heartbeat = Duration.milliseconds(500)
}

/// How a node shows who it is, and knows whom it speaks with.
struct NATSAccess: Equatable, Sendable {
    /// A file that `nsc` has made: a token and a key.
    var credentialsFile: String?
    var token: String?
    var user: String?
    var password: String?
    /// What signs the server's certificate; nil for what the system trusts.
    var authorityFile: String?
    var certificateFile: String?
    var keyFile: String?

    /// Whether TLS is wanted whatever the URLs say.
    var isEncrypted: Bool { authorityFile != nil || certificateFile != nil }
}
