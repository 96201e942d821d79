/// Numbers of one meaning and one unit, as they are at one moment: what `/metrics` shows, and what everything else that shows
/// numbers of the server takes them from, so that they are the same everywhere.
struct MetricFamily: Sendable, Equatable {
    /// How its numbers come about.
    enum Kind: Sendable, Equatable {
        /// Only grows, as long as the server runs.
        case counter
        /// Goes up and down.
        case gauge
        case histogram
        /// Tells something by its labels; its value is 1.
        case info
    }

    /// What is counted, where that is not simply a number of things: the end of the name.
    enum Unit: String, Sendable, Equatable {
        case seconds
        case bytes
    }

    /// With its unit, and without what a format adds (`_total`, `_info`, `_bucket`).
    let name: String
    let kind: Kind
    let unit: Unit?
    /// A sentence.
    let help: String
    /// None has the labels of another.
    var samples: [Sample]

    struct Sample: Sendable, Equatable {
        /// A few, of fixed values: never of something that clients choose.
        var labels: [Label] = []
        let value: Value
    }

    struct Label: Sendable, Hashable {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    enum Value: Sendable, Equatable {
        /// Exact for whole numbers up to 2^53.
        case number(Double)
        case histogram(Histogram)
    }

    struct Histogram: Sendable, Equatable {
        /// The upper ends of its ranges, each within its own, from the lowest on.
        let bounds: [Double]
        /// How many fell into each, and behind the last bound.
        let counts: [Int]
        let sum: Double

        var count: Int { counts.reduce(0, +) }
    }
}

extension MetricFamily {
    /// One number without labels.
    init(_ kind: Kind, _ name: String, unit: Unit? = nil, _ value: Double, _ help: String) {
        self.init(name: name, kind: kind, unit: unit, help: help, samples: [Sample(value: .number(value))])
    }

    /// One whole number without labels.
    init(_ kind: Kind, _ name: String, unit: Unit? = nil, _ value: Int, _ help: String) {
        self.init(kind, name, unit: unit, Double(value), help)
    }

    /// A number for each value of a label, in their order.
    init(
        _ kind: Kind,
        _ name: String,
        unit: Unit? = nil,
        by label: String,
        _ values: some Sequence<(String, Double)>,
        _ help: String
    ) {
        let samples = values.map { Sample(labels: [Label(label, $0.0)], value: .number($0.1)) }
        self.init(name: name, kind: kind, unit: unit, help: help, samples: samples)
    }

    /// A whole number for each value of a label, in their order.
    init(
        _ kind: Kind,
        _ name: String,
        unit: Unit? = nil,
        by label: String,
        _ values: some Sequence<(String, Int)>,
        _ help: String
    ) {
        self.init(kind, name, unit: unit, by: label, values.map { ($0.0, Double($0.1)) }, help)
    }
}
