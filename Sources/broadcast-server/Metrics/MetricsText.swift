/// Families as a text that Prometheus, and whatever else reads its formats, takes.
struct MetricsText: Sendable {
    enum Format: String, Sendable, CaseIterable {
        /// What everything takes.
        case prometheus = "text/plain; version=0.0.4; charset=utf-8"
        /// For who asks for it.
        case openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

        /// By the field `Accept` of a request: the older one for whoever does not prefer the newer one by its name.
        init(accept: String?) {
            let offers = ["text/plain", "application/openmetrics-text"]
            self = AcceptField(accept).preferred(of: offers) == offers[1] ? .openMetrics : .prometheus
        }
    }

    private let format: Format
    private(set) var text = ""

    init(_ families: [MetricFamily], as format: Format) {
        self.format = format
        for family in families where !family.samples.isEmpty { append(family) }
        if format == .openMetrics { text += "# EOF\n" }
    }

    // MARK: Families

    private mutating func append(_ family: MetricFamily) {
        let name = format == .openMetrics ? family.name : family.name + Self.suffix(family.kind)
        text += "# HELP \(name) \(escape(help: family.help))\n"
        text += "# TYPE \(name) \(type(family.kind))\n"
        if format == .openMetrics, let unit = family.unit { text += "# UNIT \(name) \(unit.rawValue)\n" }
        for sample in family.samples {
            switch sample.value {
            case .number(let value): append(family.name + Self.suffix(family.kind), sample.labels, value)
            case .histogram(let histogram): append(histogram, family.name, sample.labels)
            }
        }
    }

    private mutating func append(_ histogram: MetricFamily.Histogram, _ name: String, _ labels: [MetricFamily.Label]) {
        var count = 0
        for (bound, own) in zip(histogram.bounds + [.infinity], histogram.counts) {
            count += own
            append("\(name)_bucket", labels + [MetricFamily.Label("le", bucket(bound))], Double(count))
        }
        append("\(name)_sum", labels, histogram.sum)
        append("\(name)_count", labels, Double(count))
    }

    private mutating func append(_ name: String, _ labels: [MetricFamily.Label], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escape($0.value))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Self.number(value))\n"
    }

    // MARK: Words

    static func suffix(_ kind: MetricFamily.Kind) -> String {
        switch kind {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram: ""
        }
    }

    private func type(_ kind: MetricFamily.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        case .info: format == .openMetrics ? "info" : "gauge"
        }
    }

    /// OpenMetrics wants a bound to be a number with a point.
    private func bucket(_ bound: Double) -> String {
        let text = Self.number(bound)
        return format == .openMetrics && bound.isFinite && !text.contains { $0 == "." || $0 == "e" }
            ? text + ".0" : text
    }

    /// A value as Go reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    /// A sentence has no line breaks, and in 0.0.4 its quotation marks stand as they are.
    private func escape(help: String) -> String {
        let help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return format == .openMetrics ? help.replacing("\"", with: "\\\"") : help
    }

    private static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
