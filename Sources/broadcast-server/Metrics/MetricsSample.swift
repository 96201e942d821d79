import LWSSwift

/// Everything that is counted, as it was at one moment.
struct MetricsSample: Sendable {
    var loops: [LoopFigures] = []
    var server = ServerFigures()
    var counts = ServiceCounters.Counts()
    var limits = LimitCounters()
    var tokens = TokenFigures()
    /// nil without a state directory.
    var storage: StorageFigures?
    /// nil without a cluster.
    var cluster: ClusterFigures.Snapshot?
    var channels = 0
    var historyMessages = 0
    var historyBytes = 0
    var absentSessions = 0
    var publisherKeys = 0
    var shown: [ShownChannel] = []

    /// A channel that has numbers of its own.
    struct ShownChannel: Sendable {
        let name: ChannelName
        let members: Int
        let historyBytes: Int
        let sent: Int
    }

    /// What the loops have together.
    var total: LoopFigures { loops.reduce(LoopFigures(), +) }
}

extension MetricsSample {
    /// All of them, in the order of docs/metrics.md.
    var families: [MetricFamily] {
        [build] + connectionFamilies + messageFamilies + channelFamilies + limitFamilies + tokenFamilies
            + loopFamilies + (storage.map(storageFamilies) ?? []) + (cluster.map(clusterFamilies) ?? [])
    }

    private var build: MetricFamily {
        let labels = [MetricFamily.Label("version", BroadcastServerCommand.version)]
        return MetricFamily(
            name: "broadcast_server_build",
            kind: .info,
            unit: nil,
            help: "Which version runs.",
            samples: [.init(labels: labels, value: .number(1))]
        )
    }
}
