import Histogram

/// What came of a run.
struct BenchReport: Encodable {
    struct Latency: Encodable {
        var min = 0.0
        var mean = 0.0
        var p50 = 0.0
        var p90 = 0.0
        var p99 = 0.0
        var p999 = 0.0
        var max = 0.0
    }

    let connections: Int
    let channels: Int
    let publishers: Int
    let rate: Int
    let size: Int
    let sent: Int
    let unsent: Int
    let expected: Int
    let deliveries: Int
    let missing: Int
    let lostConnections: Int
    /// From the first planned message that counts to the last delivery.
    let seconds: Double
    let deliveriesPerSecond: Double
    /// In milliseconds.
    let latency: Latency
    let plot: BenchPlot

    private enum CodingKeys: CodingKey {
        case connections, channels, publishers, rate, size, sent, unsent, expected, deliveries, missing
        case lostConnections, seconds, deliveriesPerSecond, latency
    }

    init(_ settings: BenchSettings, _ figures: BenchFigures, begin: UInt64) {
        connections = settings.connections
        channels = settings.channels
        publishers = settings.publishers
        rate = settings.rate
        size = settings.size
        sent = figures.sent
        unsent = figures.unsent
        expected = settings.expectedDeliveries
        deliveries = figures.deliveries
        missing = max(0, settings.expectedDeliveries - figures.deliveries)
        lostConnections = figures.lost
        seconds = figures.lastDelivery > begin ? Double(figures.lastDelivery - begin) / 1e9 : 0
        deliveriesPerSecond = seconds > 0 ? Double(figures.deliveries) / seconds : 0
        let latencies = figures.latencies
        plot = BenchPlot(latencies)
        guard figures.deliveries > 0 else {
            latency = Latency()
            return
        }
        func milliseconds(_ percentile: Double) -> Double { Double(latencies.valueAtPercentile(percentile)) / 1e6 }
        latency = Latency(
            min: Double(latencies.min) / 1e6,
            mean: latencies.mean / 1e6,
            p50: milliseconds(50),
            p90: milliseconds(90),
            p99: milliseconds(99),
            p999: milliseconds(99.9),
            max: Double(latencies.max) / 1e6
        )
    }

    /// Everything that was to be delivered was.
    var isComplete: Bool { missing == 0 && unsent == 0 && lostConnections == 0 }

    var text: String {
        let numbers = latency
        let columns = [
            ("min", numbers.min), ("mean", numbers.mean), ("50 %", numbers.p50), ("90 %", numbers.p90),
            ("99 %", numbers.p99), ("99.9 %", numbers.p999), ("max", numbers.max),
        ]
        let problems = [
            (missing, "deliveries are missing"), (unsent, "messages could not be sent"),
            (lostConnections, "connections were lost"),
        ]
        return """
            messages    \(sent) of \(size) bytes, \(rate) a second from \(publishers) of \(connections) connections
            deliveries  \(deliveries) of \(expected), \(Int(deliveriesPerSecond)) a second
            latency     \(columns.map { "\($0.0) \(Self.decimal($0.1)) ms" }.joined(separator: ", "))

            """ + problems.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\n" }.joined()
    }

    /// With three places.
    static func decimal(_ number: Double) -> String {
        let thousandths = Int((number * 1_000).rounded())
        let places = String(1_000 + thousandths % 1_000).dropFirst()
        return "\(thousandths / 1_000).\(places)"
    }
}
