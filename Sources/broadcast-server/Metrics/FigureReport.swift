/// The numbers of a server at one moment, by the names that they have at `/metrics`.
struct FigureReport: Codable, Equatable {
    struct Family: Codable, Equatable {
        let name: String
        let type: String
        let help: String
        var samples: [Sample]
    }

    struct Sample: Codable, Equatable {
        var labels: [String: String]
        /// nil for a histogram.
        var value: Double?
        var buckets: [Bucket]?
        var count: Int?
        var sum: Double?
    }

    /// How many are at most so large; nil for all others.
    struct Bucket: Codable, Equatable {
        let most: Double?
        let count: Int
    }

    var figures: [Family]

    /// The sum of the samples that have these labels, and perhaps others; nil when the server does not count it.
    func total(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        guard let family = figures.first(where: { $0.name == name }) else { return nil }
        return family.samples.reduce(0) { sum, sample in
            labels.allSatisfy { sample.labels[$0.key] == $0.value } ? sum + (sample.value ?? 0) : sum
        }
    }

    func label(_ label: String, of name: String) -> String? {
        figures.first { $0.name == name }?.samples.first?.labels[label]
    }
}

extension FigureReport {
    init(_ families: [MetricFamily]) {
        figures = families.map { family in
            Family(
                name: family.name + MetricsText.suffix(family.kind),
                type: "\(family.kind)",
                help: family.help,
                samples: family.samples.map(Sample.init)
            )
        }
    }
}

extension FigureReport.Sample {
    fileprivate init(_ sample: MetricFamily.Sample) {
        labels = Dictionary(sample.labels.map { ($0.name, $0.value) }) { $1 }
        switch sample.value {
        // JSON has no word for others.
        case .number(let number): value = number.isFinite ? number : nil
        case .histogram(let histogram):
            var total = 0
            buckets = zip(histogram.bounds.map(Optional.some) + [nil], histogram.counts).map { bound, count in
                total += count
                return FigureReport.Bucket(most: bound, count: total)
            }
            count = total
            sum = histogram.sum.isFinite ? histogram.sum : nil
        }
    }
}
