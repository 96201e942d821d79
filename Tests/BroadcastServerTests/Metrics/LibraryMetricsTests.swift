import CoreMetrics
import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct LibraryMetricsTests {
    @Test func `what libraries report is shown, by names that Prometheus takes`() {
        let metrics = LibraryMetrics()
        let first = metrics.makeCounter(label: "http.requests_total", dimensions: [("le", "a"), ("2.x", "b")])
        first.increment(by: 2 as Int64)
        metrics.makeFloatingPointCounter(label: "http.requests_total", dimensions: [("2.x", "b"), ("le", "a")])
            .increment(by: 0.5)
        metrics.makeMeter(label: "Größe", dimensions: []).set(3 as Int64)
        metrics.makeTimer(label: "wait", dimensions: []).recordNanoseconds(1_500_000_000)
        metrics.makeRecorder(label: "sizes", dimensions: [], aggregate: true).record(7 as Int64)
        let text = MetricsText(metrics.families(), as: .prometheus).text
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        #expect(
            lines == [
                "broadcast_server_library_series_refused_total 0",
                "library_Gr__e 3",
                #"library_http_requests_total{_2_x="b",_le="a"} 2.5"#,
                #"library_sizes_bucket{le="+Inf"} 1"#,
                "library_sizes_sum 7",
                "library_sizes_count 1",
                #"library_wait_seconds_bucket{le="+Inf"} 1"#,
                "library_wait_seconds_sum 1.5",
                "library_wait_seconds_count 1",
            ]
        )
    }

    @Test func `there are so many series and no more, until some are destroyed`() {
        let metrics = LibraryMetrics()
        let handlers = (0...LibraryMetrics.maximumSeries).map { number in
            metrics.makeCounter(label: "n", dimensions: [("number", "\(number)")])
        }
        handlers.last?.increment(by: 1 as Int64)
        func count() -> Int? { metrics.families().first { $0.name == "library_n" }?.samples.count }
        #expect(count() == LibraryMetrics.maximumSeries)
        #expect(metrics.families().first?.samples.first?.value == .number(1))
        metrics.destroyCounter(handlers[0])
        #expect(count() == LibraryMetrics.maximumSeries - 1)
    }

    @Test func `a name is of one kind`() {
        let metrics = LibraryMetrics()
        metrics.makeCounter(label: "n", dimensions: []).increment(by: 1 as Int64)
        metrics.makeMeter(label: "n", dimensions: [("a", "b")]).set(5 as Int64)
        #expect(metrics.families().filter { $0.name == "library_n" }.map(\.samples.count) == [1])
    }

    @Test func `a number goes on when a channel begins anew under its name`() async throws {
        let loop = try await ServiceLoop.start()
        var tally = ChannelTally()
        #expect(tally.take(nil, of: nil) == 0)
        do {
            let first = BroadcastGroup(on: loop)
            #expect(tally.take(5, of: first) == 5)
            #expect(tally.take(4, of: first) == 5)
            #expect(tally.take(7, of: first) == 7)
        }
        #expect(tally.take(nil, of: nil) == 7)
        let second = BroadcastGroup(on: loop)
        #expect(tally.take(1, of: second) == 8)
        #expect(tally.take(3, of: second) == 10)
        await loop.shutdown()
    }
}
