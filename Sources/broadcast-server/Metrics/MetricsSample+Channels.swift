import LWSSwift

extension MetricsSample {
    var channelFamilies: [MetricFamily] {
        [
            MetricFamily(.gauge, "broadcast_server_channels", channels, "Channels that there are."),
            MetricFamily(
                .gauge,
                "broadcast_server_history_messages",
                historyMessages,
                "Messages that channels keep for those who come back."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_history_bytes",
                unit: .bytes,
                historyBytes,
                "Memory of these messages."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_absent_sessions",
                absentSessions,
                "Sessions that have no connection, and may come back."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_publisher_keys",
                publisherKeys,
                "Keys of those who publish over HTTP that are remembered."
            ),
        ] + (shown.isEmpty ? [] : shownFamilies)
    }

    /// Those of --metrics-channel, and all others together.
    private var shownFamilies: [MetricFamily] {
        let all = total.broadcasts.reduce(BroadcastFigures(), +)
        func byChannel(_ value: (ShownChannel) -> Int, of all: Int) -> [(String, Int)] {
            let values = shown.map { ("\($0.name)", value($0)) }
            return values + [("other", max(0, all - values.reduce(0) { $0 + $1.1 }))]
        }
        return [
            MetricFamily(
                .gauge,
                "broadcast_server_channel_members",
                by: "channel",
                byChannel(\.members, of: all.memberCount),
                "Members of single channels (--metrics-channel)."
            ),
            MetricFamily(
                .gauge,
                "broadcast_server_channel_history_bytes",
                unit: .bytes,
                by: "channel",
                byChannel(\.historyBytes, of: historyBytes),
                "Memory of the messages that single channels keep."
            ),
            MetricFamily(
                .counter,
                "broadcast_server_channel_deliveries_sent",
                by: "channel",
                byChannel(\.sent, of: all.deliveries.sent),
                "Messages of single channels that were handed to connections of members."
            ),
        ]
    }
}
