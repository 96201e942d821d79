import LWSSwift

extension MetricsSample {
    var limitFamilies: [MetricFamily] {
        [
            MetricFamily(
                .counter,
                "broadcast_server_limit_refusals",
                by: "reason",
                Refusal.allCases.map { ($0.label, limits.refusals[$0] ?? 0) },
                "What was refused because of a limit."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_sockets_refused",
                limits.refusedSockets,
                "Sockets of one address beyond its limit, closed as they came."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_bad_proxy_headers",
                limits.badProxyHeaders,
                "Connections that did not begin with the header of a proxy that has to."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_senders_slowed",
                limits.slowedSenders,
                "How often a sender was slowed down that was free before."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_slowed_seconds",
                unit: .seconds,
                limits.slowedSeconds,
                "How long senders have had to wait, all together."
            ),
        ]
    }

    var tokenFamilies: [MetricFamily] {
        [
            MetricFamily(
                .counter,
                "broadcast_server_tokens_checked",
                by: "how",
                [("verified", tokens.verified), ("remembered", tokens.remembered), ("file", tokens.found)],
                "Tokens that were shown: whose signature was verified, was verified before, or that are of the token file."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_tokens_refused",
                by: "reason",
                tokens.refusals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                "Tokens that were refused."
            ),
        ]
    }

    var loopFamilies: [MetricFamily] {
        func byLoop(_ value: (LoopFigures) -> Double) -> [(String, Double)] {
            loops.enumerated().map { ("\($0.offset + 1)", value($0.element)) }
        }
        return [
            MetricFamily(
                .counter,
                "broadcast_server_loop_turns",
                by: "loop",
                byLoop { Double($0.turns) },
                "Turns of the threads that serve connections."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_loop_longest_turn_seconds",
                unit: .seconds,
                by: "loop",
                byLoop { $0.longestTurn / .seconds(1) },
                "How long the longest turn of the last 30 to 60 seconds has kept everybody waiting."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_loop_busy_seconds",
                unit: .seconds,
                by: "loop",
                byLoop { $0.busy / .seconds(1) },
                "Processor time of the threads that serve connections."
            ),
        ]
    }

    func storageFamilies(_ storage: StorageFigures) -> [MetricFamily] {
        [
            MetricFamily(
                name: "broadcast_server_storage_commit_seconds",
                kind: .histogram,
                unit: .seconds,
                help: "How long the disk has taken for a transaction.",
                samples: [.init(value: .histogram(.init(storage.transactions)))]
            ),
            MetricFamily(
                .counter,
                "broadcast_server_storage_failures",
                storage.failures,
                "Transactions that the disk did not take: what was said is in memory only."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_storage_bytes",
                unit: .bytes,
                storage.byteCount,
                "Size of the files of the state directory."
            ),
        ]
    }

    func clusterFamilies(_ cluster: ClusterFigures.Snapshot) -> [MetricFamily] {
        [
            MetricFamily(
                name: "broadcast_server_cluster_store_seconds",
                kind: .histogram,
                unit: .seconds,
                help: "How long JetStream has taken to store a batch of this node.",
                samples: [.init(value: .histogram(.init(cluster.publishToAcknowledgement)))]
            ),
            MetricFamily(
                name: "broadcast_server_cluster_return_seconds",
                kind: .histogram,
                unit: .seconds,
                help: "How much later a batch of this node has come back to it.",
                samples: [.init(value: .histogram(.init(cluster.acknowledgementToDelivery)))]
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_cluster_batches_in_flight",
                cluster.inFlight,
                "Batches of this node that JetStream has not answered for yet."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_cluster_queued_bytes",
                unit: .bytes,
                cluster.queuedBytes,
                "Bytes that wait for their place in the stream."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_cluster_places_behind",
                Double(cluster.lag),
                "Batches of the stream that this node has not taken yet."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_cluster_silence_seconds",
                unit: .seconds,
                cluster.silence / .seconds(1),
                "How long ago the cluster has given its last sign of life."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_cluster_returns",
                cluster.returns,
                "How often the cluster has come back after it was away."
            ),
        ]
    }
}

extension Refusal {
    fileprivate var label: String {
        switch self {
        case .full: "full"
        case .addressIsFull: "address-full"
        case .tooOften: "too-often"
        case .tooManyChannels: "too-many-channels"
        case .addressHasTooManyChannels: "address-too-many-channels"
        case .tooFast: "too-fast"
        }
    }
}
