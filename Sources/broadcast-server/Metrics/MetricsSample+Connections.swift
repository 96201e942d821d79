import LWSSwift

extension MetricsSample {
    var connectionFamilies: [MetricFamily] {
        [
            MetricFamily(
                .gauge,
                "broadcast_server_connections",
                by: "form",
                total.byLabel.map { ($0.label.rawValue, $0.figures.memberCount) },
                "Connections and event streams that are members of a channel."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_sockets_accepted",
                server.accepted,
                "Sockets that were taken, for whatever came over them."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_connections_opened",
                by: "transport",
                [("websocket", server.connections), ("events", server.eventStreams)],
                "WebSocket connections and event streams that have opened."
            ),
            closings,
            MetricFamily(
                .counter,
                "broadcast_server_event_streams_ended",
                by: "by",
                EventStreamConnection.End.allCases.map { ($0.label, server.eventStreamEnds[$0] ?? 0) },
                "Event streams that have ended: by the client, by the server, or because the client was too slow."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_handshakes_refused",
                by: "reason",
                counts.refusedHandshakes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                "Opening handshakes that were refused, by the code of the problem."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_http_responses",
                by: "class",
                (2...5).map { ("\($0)xx", server.responses[$0] ?? 0) },
                "Answers to HTTP requests, and to opening handshakes that were refused."
            ),
        ]
    }

    private var closings: MetricFamily {
        let samples = server.closings
            .map { closing, count in
                let code = closing.code.map { "\($0.rawValue)" } ?? "other"
                let labels = [MetricFamily.Label("code", code), MetricFamily.Label("by", closing.initiator.label)]
                return (labels: labels, count: Double(count))
            }
            .sorted { ($0.labels[0].value, $0.labels[1].value) < ($1.labels[0].value, $1.labels[1].value) }
        return MetricFamily(
            name: "broadcast_server_connections_closed",
            kind: .counter,
            unit: nil,
            help: "WebSocket connections that have ended, by close code and by who began.",
            samples: samples.map { .init(labels: $0.labels, value: .number($0.count)) }
        )
    }
}

extension EventStreamConnection.End {
    fileprivate static let allCases: [EventStreamConnection.End] = [.byClient, .byServer, .tooSlow]

    fileprivate var label: String {
        switch self {
        case .byClient: "client"
        case .byServer: "server"
        case .tooSlow: "slow"
        }
    }
}

extension WebSocketClose.Initiator {
    fileprivate var label: String {
        switch self {
        case .local: "server"
        case .peer: "client"
        case .connectionLoss: "loss"
        }
    }
}
