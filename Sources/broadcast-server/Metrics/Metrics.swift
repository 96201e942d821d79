import LWSSwift

/// All numbers of a server: gathered when they are asked for, each loop's by a job on that loop, so that what counts needs no
/// lock and nothing atomic.
final class Metrics: Sendable {
    private let service: ChatService

    init(_ service: ChatService) {
        self.service = service
    }

    /// They are of one moment on each loop, and nearly of one over all.
    func families() async -> [MetricFamily] {
        [build] + ProcessFigures.families()
    }

    private var build: MetricFamily {
        let labels = [MetricFamily.Label("version", BroadcastServerCommand.version)]
        return MetricFamily(
            name: "broadcast_server_build",
            kind: .info,
            unit: nil,
            help: "Which version runs.",
            samples: [.init(labels: labels, value: .number(1))]
        )
    }
}
