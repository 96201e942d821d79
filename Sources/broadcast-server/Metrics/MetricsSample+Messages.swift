import LWSSwift

extension MetricsSample {
    var messageFamilies: [MetricFamily] {
        let total = total
        let forms = total.byLabel
        func byForm(_ value: (BroadcastFigures) -> Int) -> [(String, Int)] {
            forms.map { ($0.label.rawValue, value($0.figures)) }
        }
        let senders = forms.filter { $0.label != .events }
        let slowest = forms.reduce(BroadcastFigures()) { $0 + $1.figures }
        return [
            MetricFamily(
                .counter,
                "broadcast_server_received_messages",
                by: "form",
                senders.map { ($0.label.rawValue, $0.figures.published.messages) } + [("http", counts.posted.messages)],
                "Messages of clients that have got their place in a channel."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_received_bytes",
                unit: .bytes,
                by: "form",
                senders.map { ($0.label.rawValue, $0.figures.published.bytes) } + [("http", counts.posted.bytes)],
                "Bytes of these messages."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_published_messages",
                slowest.published.messages + total.published.messages,
                "Messages that have got their place in a channel, those of other nodes of a cluster included."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_deliveries_due",
                by: "form",
                byForm(\.deliveries.due),
                "Published messages times the members that each was for."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_deliveries_sent",
                by: "form",
                byForm(\.deliveries.sent),
                "Those that were handed to the member's connection."
            ),
            MetricFamily(
                name: "broadcast_server_deliveries_lost",
                kind: .counter,
                unit: nil,
                help: "Those that were not sent: the member did not keep up and was told so, or it ended before.",
                samples: forms.flatMap { label, figures in
                    [("slow", figures.deliveries.lost), ("ended", figures.deliveries.endedBefore)].map {
                        let labels = [MetricFamily.Label("form", label.rawValue), MetricFamily.Label("reason", $0.0)]
                        return .init(labels: labels, value: .number(Double($0.1)))
                    }
                }
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_deliveries_in_flight",
                by: "form",
                byForm(\.deliveries.inFlight),
                "Those that wait: due = sent + lost + in flight, at each moment."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_sent_bytes",
                unit: .bytes,
                by: "form",
                byForm(\.sentBytes),
                "Bytes of what channels send to their members, history and news of who comes and goes included."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_slowest_member_behind_bytes",
                unit: .bytes,
                slowest.mostBytesBehind,
                "How many bytes the member has not been sent that is most behind."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_slowest_member_behind_seconds",
                unit: .seconds,
                slowest.longestTimeBehind / .seconds(1),
                "How long the oldest message has waited that a member has not been sent."
            ),
            MetricFamily(
                name: "broadcast_server_delivery_seconds",
                kind: .histogram,
                unit: .seconds,
                help:
                    "From when a thread had something to do until the messages of that turn were written to all who take them.",
                samples: [.init(value: .histogram(.init(total.writing)))]
            ),
            MetricFamily(
                .counter,
                "broadcast_server_resumes",
                by: "result",
                ServiceCounters.Resume.allCases.map { ($0.rawValue, counts.resumes[$0] ?? 0) },
                "Clients that have come back with a position, by what of the messages since was there."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_duplicate_messages",
                by: "form",
                ServiceCounters.Publisher.allCases.map { ($0.rawValue, counts.duplicates[$0] ?? 0) },
                "Messages that came again with their key, and were not sent again."
            ),
        ]
    }
}

extension MetricFamily.Histogram {
    init(_ histogram: LatencyHistogram) {
        self.init(
            bounds: LatencyHistogram.bounds.map { $0 / .seconds(1) },
            counts: histogram.counts,
            sum: histogram.sum / .seconds(1)
        )
    }

    init(_ histogram: DurationHistogram) {
        self.init(
            bounds: DurationHistogram.bounds.map { $0 / .seconds(1) },
            counts: histogram.counts,
            sum: histogram.sum / .seconds(1)
        )
    }
}
