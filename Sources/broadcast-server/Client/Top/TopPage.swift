/// What `top` shows of a sample, and of how it differs from the one before. Pure.
struct TopPage {
    let sample: TopSample
    /// nil for the first one, which has no rates.
    let previous: TopSample?
    let wish: TopWish
    /// Where the server is.
    let place: String

    /// A line, and whether it is a heading.
    struct Line: Equatable {
        var text: String
        var isHeading = false
    }

    /// - Parameters:
    ///   - width: of the terminal; nil for as wide as it is.
    ///   - height: in lines; nil for all there is.
    func lines(width: Int?, height: Int?) -> [Line] {
        var lines = header.map { line in
            Line(text: width.map { TerminalText.fitted(line, to: min($0, TerminalText.width(line))) } ?? line)
        }
        lines += [Line(text: "")] + table(channels, width)
        lines += [Line(text: "")] + table(connections, width)
        guard let height, lines.count > height else { return lines }
        return Array(lines.prefix(height))
    }

    private func table(_ table: TextTable, _ width: Int?) -> [Line] {
        table.lines(width: width).enumerated().map { Line(text: $1, isHeading: $0 == 0) }
    }

    // MARK: The server

    private var seconds: Double? { previous.map { max(Double(sample.time - $0.time) / 1_000, 0.001) } }

    private func total(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        sample.figures.total(name, labels)
    }

    /// A second; nil for what is not known.
    private func rate(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        guard let seconds, let now = total(name, labels), let before = previous?.figures.total(name, labels) else {
            return nil
        }
        return max(now - before, 0) / seconds
    }

    /// Connections and event streams.
    private var ended: Double? {
        guard let closed = rate("broadcast_server_connections_closed_total") else { return nil }
        return closed + (rate("broadcast_server_event_streams_ended_total") ?? 0)
    }

    private func text(_ value: Double?, _ form: (Double) -> String = Quantity.count) -> String {
        value.map(form) ?? "-"
    }

    private var header: [String] {
        let version = sample.figures.label("version", of: "broadcast_server_build_info") ?? ""
        let uptime = total("process_start_time_seconds").map { start in
            ", up \(Quantity.age(seconds: sample.time / 1_000 - Int64(start)))"
        }
        let processor = rate("process_cpu_seconds_total").map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
        let memory = text(total("process_resident_memory_bytes"), Quantity.bytes)
        let forms = ["text", "json", "events"].map { form in
            "\(form) \(text(total("broadcast_server_connections", ["form": form])))"
        }
        return [
            "broadcast-server \(version)\(uptime ?? "")   cpu \(processor)   memory \(memory)   \(EscapedText.escape(place))",
            """
            connections \(text(total("broadcast_server_connections"))) (\(forms.joined(separator: ", ")))   \
            channels \(sample.channels.count)   \
            accepted \(text(rate("broadcast_server_connections_opened_total")))/s   \
            ended \(text(ended))/s
            """,
            """
            messages in \(text(rate("broadcast_server_received_messages_total")))/s   \
            out \(text(rate("broadcast_server_deliveries_sent_total")))/s   \
            bytes in \(text(rate("broadcast_server_received_bytes_total"), Quantity.bytes))/s   \
            out \(text(rate("broadcast_server_sent_bytes_total"), Quantity.bytes))/s   \
            left out \(text(total("broadcast_server_deliveries_lost_total", ["reason": "slow"])))
            """,
        ]
    }

    // MARK: Channels

    private var channels: TextTable {
        var table = TextTable(columns: [
            .init(title: "CHANNEL", least: 8),
            .init(title: "MEMBERS", alignsRight: true),
            .init(title: "CONNECTIONS", alignsRight: true, rank: 1),
            .init(title: "MESSAGES", alignsRight: true, rank: 2),
            .init(title: "HISTORY", alignsRight: true, rank: 3),
            .init(title: "POSITION", rank: 4),
        ])
        table.rows = sample.channels.channels.map { channel in
            [
                "/\(EscapedText.escape(channel.name))", "\(channel.members)", "\(channel.connections)",
                "\(channel.messages)", Quantity.bytes(channel.historyBytes), channel.position,
            ]
        }
        let others = sample.channels.count - table.rows.count
        if others > 0 { table.rows.append(["… and \(others) more", "", "", "", "", ""]) }
        return table
    }

    // MARK: Connections

    private var connections: TextTable { wish.isClosed ? closed : open }

    private static let whose: [TextTable.Column] = [
        .init(title: "ID", alignsRight: true),
        .init(title: "CHANNEL", least: 8),
        .init(title: "NAME", least: 8, rank: 4),
        .init(title: "SUBJECT", least: 8, rank: 5),
        .init(title: "ADDRESS", least: 12, rank: 3),
        .init(title: "FORM", rank: 6),
    ]

    private func whose(_ connection: AdminReports.Connection) -> [String] {
        let texts = ["/\(connection.channel)", connection.name, connection.subject ?? "-", connection.address]
        return ["\(connection.id)"] + texts.map(EscapedText.escape) + [EscapedText.escape(connection.form)]
    }

    private var open: TextTable {
        var table = TextTable(
            columns: Self.whose + [
                .init(title: "AGE", alignsRight: true, rank: 7),
                .init(title: "SENT", alignsRight: true, rank: 2),
                .init(title: "BACKLOG", alignsRight: true, rank: 1),
                .init(title: "LAG", alignsRight: true),
            ]
        )
        table.rows = sample.connections.connections.map { connection in
            whose(connection) + [
                Quantity.age(seconds: (sample.time - connection.since) / 1_000), Quantity.count(connection.messages),
                Quantity.bytes(connection.behind?.bytes ?? 0),
                Quantity.milliseconds(connection.behind?.milliseconds ?? 0),
            ]
        }
        return withRest(table)
    }

    private var closed: TextTable {
        var table = TextTable(
            columns: Self.whose + [
                .init(title: "LASTED", alignsRight: true, rank: 7),
                .init(title: "SENT", alignsRight: true, rank: 8),
                .init(title: "AGO", alignsRight: true),
                .init(title: "REASON", least: 12),
            ]
        )
        table.rows = sample.connections.connections.map { connection in
            let end = connection.closed ?? sample.time
            return whose(connection) + [
                Quantity.age(seconds: (end - connection.since) / 1_000), Quantity.count(connection.messages),
                Quantity.age(seconds: (sample.time - end) / 1_000), EscapedText.escape(connection.reason ?? ""),
            ]
        }
        return withRest(table)
    }

    private func withRest(_ table: TextTable) -> TextTable {
        var table = table
        let others = sample.connections.count - table.rows.count
        guard others > 0 else { return table }
        table.rows.append(["", "… and \(others) more"] + Array(repeating: "", count: table.columns.count - 2))
        return table
    }
}
