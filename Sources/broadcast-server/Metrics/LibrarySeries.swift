import CoreMetrics

/// One series that a library reports, of whatever kind. May be used on any thread.
final class LibrarySeries: Sendable {
    enum Kind: Sendable {
        case counter, gauge
        /// How many values there were, and their sum.
        case recorder
        /// The same, in seconds.
        case timer

        var family: MetricFamily.Kind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .recorder, .timer: .histogram
            }
        }
    }

    let kind: Kind
    let name: String
    let labels: [MetricFamily.Label]
    private let numbers = Monitor((sum: 0.0, count: 0))

    init(_ kind: Kind, _ name: String, _ labels: [MetricFamily.Label]) {
        self.kind = kind
        self.name = name
        self.labels = labels
    }

    var value: MetricFamily.Value {
        let (sum, count) = numbers.withLock { $0 }
        return switch kind {
        case .counter, .gauge: .number(sum)
        case .recorder, .timer: .histogram(.init(bounds: [], counts: [count], sum: sum))
        }
    }

    private func add(_ value: Double) {
        numbers.withLock { numbers in
            numbers.sum += value
            numbers.count += 1
        }
    }

    private func put(_ value: Double) {
        numbers.withLock { $0.sum = value }
    }

    // MARK: Names

    /// A name that Prometheus takes, made of one that may be anything.
    static func name(_ label: String, _ kind: Kind) -> String {
        var name = "library_" + word(label)
        if kind == .counter, name.hasSuffix("_total") { name.removeLast("_total".count) }
        if kind == .timer, !name.hasSuffix("_seconds") { name += "_seconds" }
        return name
    }

    /// Of several alike the first counts.
    static func labels(_ dimensions: [(String, String)]) -> [MetricFamily.Label] {
        var labels: [String: String] = [:]
        for (name, value) in dimensions {
            var name = word(name)
            // Names that Prometheus has for itself.
            while name.hasPrefix("__") { name.removeFirst() }
            if name.isEmpty || name == "le" || name.first?.isNumber == true { name = "_" + name }
            labels[name] = labels[name] ?? value
        }
        return labels.sorted { $0.key < $1.key }.map { MetricFamily.Label($0.key, $0.value) }
    }

    private static func word(_ text: String) -> String {
        String(
            text.unicodeScalars.map {
                $0.isASCII && $0.properties.isAlphabetic || "0"..."9" ~= $0 ? Character($0) : "_"
            }
        )
    }
}

extension LibrarySeries: CounterHandler, FloatingPointCounterHandler {
    func increment(by amount: Int64) { add(Double(amount)) }

    /// Also what a meter is told.
    func increment(by amount: Double) { add(amount) }

    func reset() { put(0) }
}

extension LibrarySeries: MeterHandler {
    func set(_ value: Int64) { put(Double(value)) }
    func set(_ value: Double) { put(value) }
    func decrement(by amount: Double) { add(-amount) }
}

extension LibrarySeries: RecorderHandler {
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        if kind == .gauge { put(value) } else { add(value) }
    }
}

extension LibrarySeries: TimerHandler {
    func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }
}
