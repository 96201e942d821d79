import Testing

@testable import broadcast_server

@Suite struct TopPageTests {
    private static func sample(time: Int64, sent: Double, connections: Int = 2) -> TopSample {
        let families = [
            MetricFamily(
                .gauge,
                "broadcast_server_connections",
                by: "form",
                [("text", 1), ("json", 2), ("events", 0)],
                ""
            ),
            MetricFamily(.counter, "broadcast_server_received_messages", sent, ""),
        ]
        let rows = (1...connections).map { number in
            AdminReports.Connection(
                id: UInt64(number),
                address: "192.0.2.\(number):5000",
                behind: Gap.Lag(bytes: 2_048 * number, milliseconds: 7),
                bytes: 100,
                channel: "team",
                form: "json",
                messages: 3,
                name: number == 1 ? "ann\u{1B}[2J" : "bob",
                since: 0,
                subject: "x"
            )
        }
        let channel = AdminReports.Channel(
            name: "team",
            members: 2,
            connections: 2,
            messages: 5,
            historyBytes: 512,
            position: "a.5"
        )
        return TopSample(
            time: time,
            figures: FigureReport(families),
            channels: AdminReports.Channels(channels: [channel], count: 1),
            connections: AdminReports.Connections(connections: rows, count: connections + 1, more: true)
        )
    }

    private static func page(_ sample: TopSample, _ previous: TopSample? = nil) -> TopPage {
        TopPage(sample: sample, previous: previous, wish: TopWish(), place: "/run/x")
    }

    @Test func `a page has totals, rates, channels and connections`() {
        let first = Self.sample(time: 60_000, sent: 100)
        let page = Self.page(Self.sample(time: 62_000, sent: 130), first)
        let text = page.lines(width: nil, height: nil).map(\.text)
        #expect(text[1].hasPrefix("connections 3 (text 1, json 2, events 0)   channels 1 "))
        #expect(text[2].hasPrefix("messages in 15/s   out -/s"))
        #expect(text[4].hasPrefix("CHANNEL  MEMBERS  CONNECTIONS") && text[5].hasPrefix("/team "))
        #expect(text[8].contains(#"ann\u{1B}[2J"#), "nothing of a client drives the terminal")
        #expect(text[9].hasSuffix(" 1m02s     3     4096  7ms"))
        #expect(text[10].contains("… and 1 more"))
        #expect(page.lines(width: nil, height: nil).filter(\.isHeading).count == 2)
    }

    @Test func `the first page has no rates`() {
        let text = Self.page(Self.sample(time: 0, sent: 100)).lines(width: nil, height: nil).map(\.text)
        #expect(text[2].hasPrefix("messages in -/s"))
    }

    @Test(arguments: [1, 20, 40, 80, 200])
    func `a page fits its terminal`(width: Int) {
        TerminalText.useUTF8()
        let lines = Self.page(Self.sample(time: 60_000, sent: 1, connections: 50)).lines(width: width, height: 24)
        #expect(lines.count == 24)
        for line in lines { #expect(TerminalText.width(line.text) <= width) }
    }
}
