import CoreMetrics

/// What libraries report through swift-metrics, for `/metrics`: under their own names, behind `library_`. For what happens
/// seldom: each number is behind a lock. The server's own numbers do not go this way.
final class LibraryMetrics: MetricsFactory {
    static let shared = LibraryMetrics()
    /// Whatever libraries do, there are no more of them: what comes then is not kept.
    static let maximumSeries = 1_000

    private struct Key: Hashable, Sendable {
        let name: String
        let labels: [MetricFamily.Label]
    }

    private struct State: Sendable {
        /// With how often each was made and not destroyed.
        var series: [Key: (series: LibrarySeries, uses: Int)] = [:]
        var refused = 0
    }

    private let state = Monitor(State())

    private func series(
        _ kind: LibrarySeries.Kind,
        _ label: String,
        _ dimensions: [(String, String)]
    ) -> LibrarySeries {
        let key = Key(name: LibrarySeries.name(label, kind), labels: LibrarySeries.labels(dimensions))
        return state.withLock { state in
            if let known = state.series[key], known.series.kind == kind {
                state.series[key]?.uses += 1
                return known.series
            }
            let series = LibrarySeries(kind, key.name, key.labels)
            // A family is of one kind.
            let isOther = state.series.values.contains { $0.series.name == key.name && $0.series.kind != kind }
            guard state.series.count < Self.maximumSeries, !isOther else {
                state.refused += 1
                return series
            }
            state.series[key] = (series, 1)
            return series
        }
    }

    private func destroy(_ handler: AnyObject) {
        guard let series = handler as? LibrarySeries else { return }
        let key = Key(name: series.name, labels: series.labels)
        state.withLock { state in
            guard let known = state.series[key], known.series === series else { return }
            state.series[key] = known.uses > 1 ? (series, known.uses - 1) : nil
        }
    }

    /// Sorted by their names.
    func families() -> [MetricFamily] {
        let (series, refused) = state.withLock { ($0.series.values.map(\.series), $0.refused) }
        let families = Dictionary(grouping: series, by: \.name)
            .map { name, series in
                MetricFamily(
                    name: name,
                    kind: series[0].kind.family,
                    unit: series[0].kind == .timer ? .seconds : nil,
                    help: "Reported by a library.",
                    samples: series.map { .init(labels: $0.labels, value: $0.value) }
                        .sorted { $0.labels.description < $1.labels.description }
                )
            }
            .sorted { $0.name < $1.name }
        let own = MetricFamily(
            .counter,
            "broadcast_server_library_series_refused",
            refused,
            "Series of libraries that are not kept: there are too many, or their name is that of another kind."
        )
        return [own] + families
    }

    // MARK: What swift-metrics asks for

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(.counter, label, dimensions)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, label, dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(aggregate ? .recorder : .gauge, label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.timer, label, dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }
}
