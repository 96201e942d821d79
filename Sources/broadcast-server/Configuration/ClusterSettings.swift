/// How a node comes to its cluster, and what it keeps there.
struct ClusterSettings: Equatable, Sendable {
    /// Any of them will do: the others become known by it.
    var servers: NATSServers
    /// What all names in NATS begin with: the stream is called like it in capitals, the subjects in small letters.
    var name = Self.defaultName
    var access = NATSAccess()
    /// What the stream keeps of each channel, and for how long.
    var history = HistorySettings()
    /// For how long a change waits while NATS does not take it, before it is refused.
    var patience = Self.defaultPatience
    /// How much of them may wait then, of all channels together.
    var maximumQueuedBytes = Self.defaultQueue
    /// How long a node that starts waits for NATS; nil to wait for ever.
    var startLimit: Duration? = .seconds(5)

    static let defaultName = "broadcast"
    static let defaultPatience = Duration.seconds(20)
    static let defaultQueue = 64 << 20

    /// One that says nothing for so long is taken for dead: twice as long as a node may take to notice that its NATS server
    /// stands still, and to go to another one.
    static let silence = Duration.seconds(6)
    static let heartbeat = Duration.milliseconds(500)

    init(servers: NATSServers) {
        self.servers = servers
    }

    /// nil without a cluster.
    ///
    /// - Throws: a failure when what is asked for does not go together.
    init?(
        flags: StartFlags,
        chat: ChatSettings,
        storage: StorageSettings,
        environment: Environment
    ) throws(Failure) {
        // All of them are looked at, also when there is no cluster: a mistake is not to wait for the day on which there is one.
        let name = try environment.value(\.clusterName, flags.clusterName)
        let patience = try environment.value(\.clusterPatience, flags.clusterPatience).duration
        let maximumQueuedBytes = try environment.value(\.clusterQueue, flags.clusterQueue).bytes
        let waits = try environment.value(\.clusterWait, flags.clusterWait)
        let access = try NATSAccess(flags: flags, environment: environment)
        guard let servers = try environment.value(\.cluster, flags.cluster) else { return nil }
        if flags.cluster?.holdSecrets ?? false {
            let message = """
                Anybody could read what --cluster says. Use --cluster-credentials, or the variable or the file for URLs with \
                secrets.
                """
            try environment.refuse(message)
        }
        let option = ServerOptions.table.cluster
        if chat.history == nil {
            let message = "--cluster needs a history: --history-messages, -bytes, -age and -total above 0."
            try environment.refuse(message, about: option)
        }
        if storage.directory != nil {
            let message = "--cluster and --state-dir exclude each other: the cluster keeps what is said."
            try environment.refuse(message, about: option, ServerOptions.table.stateDir)
        }
        self.servers = servers
        history = chat.history ?? HistorySettings()
        self.name = name
        self.patience = patience
        self.maximumQueuedBytes = maximumQueuedBytes
        self.access = access
        if waits { startLimit = nil }
    }
}
