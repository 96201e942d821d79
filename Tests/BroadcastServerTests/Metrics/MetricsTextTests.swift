import Testing

@testable import broadcast_server

@Suite("The text of the metrics")
struct MetricsTextTests {
    private static let families = [
        MetricFamily(
            .counter,
            "sent_bytes",
            unit: .bytes,
            by: "form",
            [("te\"x\\t", 1.5), ("json\n", 2)],
            "Sent \"so\" far."
        ),
        MetricFamily(.gauge, "members", 3, "Those who are here."),
        MetricFamily(
            name: "age_seconds",
            kind: .histogram,
            unit: .seconds,
            help: "How long.",
            samples: [.init(value: .histogram(.init(bounds: [0.5, 1], counts: [1, 2, 3], sum: 10.25)))]
        ),
        MetricFamily(
            name: "build",
            kind: .info,
            unit: nil,
            help: "What.",
            samples: [.init(labels: [.init("version", "1")], value: .number(1))]
        ),
        MetricFamily(name: "nothing", kind: .gauge, unit: nil, help: "Of nobody.", samples: []),
    ]

    @Test("has the form of Prometheus 0.0.4")
    func prometheus() {
        let expected = #"""
            # HELP sent_bytes_total Sent "so" far.
            # TYPE sent_bytes_total counter
            sent_bytes_total{form="te\"x\\t"} 1.5
            sent_bytes_total{form="json\n"} 2
            # HELP members Those who are here.
            # TYPE members gauge
            members 3
            # HELP age_seconds How long.
            # TYPE age_seconds histogram
            age_seconds_bucket{le="0.5"} 1
            age_seconds_bucket{le="1"} 3
            age_seconds_bucket{le="+Inf"} 6
            age_seconds_sum 10.25
            age_seconds_count 6
            # HELP build_info What.
            # TYPE build_info gauge
            build_info{version="1"} 1

            """#
        #expect(MetricsText(Self.families, as: .prometheus).text == expected)
    }

    @Test("has the form of OpenMetrics 1.0 for who wants it")
    func openMetrics() {
        let expected = #"""
            # HELP sent_bytes Sent \"so\" far.
            # TYPE sent_bytes counter
            # UNIT sent_bytes bytes
            sent_bytes_total{form="te\"x\\t"} 1.5
            sent_bytes_total{form="json\n"} 2
            # HELP members Those who are here.
            # TYPE members gauge
            members 3
            # HELP age_seconds How long.
            # TYPE age_seconds histogram
            # UNIT age_seconds seconds
            age_seconds_bucket{le="0.5"} 1
            age_seconds_bucket{le="1.0"} 3
            age_seconds_bucket{le="+Inf"} 6
            age_seconds_sum 10.25
            age_seconds_count 6
            # HELP build What.
            # TYPE build info
            build_info{version="1"} 1
            # EOF

            """#
        #expect(MetricsText(Self.families, as: .openMetrics).text == expected)
    }

    @Test(
        "is chosen by what the client accepts",
        arguments: [
            (nil, MetricsText.Format.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
            // What Prometheus 2.42 sends.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("application/openmetrics-text;q=0.2, text/plain;q=0.5", .prometheus), ("image/png", .prometheus),
        ]
    )
    func format(accept: String?, format: MetricsText.Format) {
        #expect(MetricsText.Format(accept: accept) == format)
    }

    @Test(
        "writes numbers as Prometheus reads them",
        arguments: [
            (0, "0"), (-1, "-1"), (1_700_000_000_000, "1700000000000"), (0.25, "0.25"), (1e-9, "1e-09"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ]
    )
    func numbers(value: Double, text: String) {
        #expect(MetricsText.number(value) == text)
    }
}
