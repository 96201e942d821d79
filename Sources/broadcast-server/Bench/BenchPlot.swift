import Glibc
import Histogram

/// Latency by percentile, as a picture: the more nines, the further right.
struct BenchPlot: Sendable {
    private struct Point {
        /// How many nines: 1 for 90 %, 2 for 99 %.
        let nines: Double
        let milliseconds: Double
    }

    private let points: [Point]
    private static let width = 720.0
    private static let height = 400.0
    private static let margin = 60.0

    init(_ latencies: Histogram<UInt64>) {
        points = latencies.percentiles(ticksPerHalfDistance: 5)
            .compactMap { value in
                guard value.percentile < 100 else { return nil }
                return Point(nines: -log10(1 - value.percentile / 100), milliseconds: Double(value.value) / 1e6)
            }
    }

    var svg: String {
        let nines = max(1, points.last?.nines ?? 1)
        let most = max(0.001, points.map(\.milliseconds).max() ?? 0)
        func x(_ value: Double) -> Double { Self.margin + value / nines * (Self.width - 2 * Self.margin) }
        func y(_ value: Double) -> Double { Self.height - Self.margin - value / most * (Self.height - 2 * Self.margin) }
        let line = points.map { "\(Self.place(x($0.nines))),\(Self.place(y($0.milliseconds)))" }.joined(separator: " ")
        let percentiles = [("0 %", 0), ("90 %", 1), ("99 %", 2), ("99.9 %", 3), ("99.99 %", 4), ("99.999 %", 5)]
            .filter { Double($0.1) <= nines }
            .map { Self.label($0.0, x(Double($0.1)), Self.height - Self.margin + 20, anchor: "middle") }
        let times = (0...4)
            .map { step in
                let value = most * Double(step) / 4
                let height = Self.place(y(value))
                return Self.label("\(BenchReport.decimal(value)) ms", Self.margin - 6, y(value) + 4, anchor: "end")
                    + "<path d=\"M\(Self.margin) \(height)H\(Self.width - Self.margin)\" stroke=\"#ccc\"/>\n"
            }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="-30 0 \(Int(Self.width)) \(Int(Self.height))" font-family="sans-serif" \
            font-size="12">
            <rect x="-30" width="100%" height="100%" fill="#fff"/>
            \(Self.label("latency by percentile", Self.width / 2, 30, anchor: "middle"))\
            \(times.joined())\(percentiles.joined())\
            <polyline points="\(line)" fill="none" stroke="#06c" stroke-width="2"/>
            </svg>

            """
    }

    private static func label(_ text: String, _ x: Double, _ y: Double, anchor: String) -> String {
        "<text x=\"\(place(x))\" y=\"\(place(y))\" text-anchor=\"\(anchor)\">\(text)</text>\n"
    }

    /// With one place, which a picture needs.
    private static func place(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}
