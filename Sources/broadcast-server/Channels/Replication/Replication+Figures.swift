import LWSSwift
import Logging

/// What is counted of a node's part in its cluster.
extension Replication {
    private static let interval = Duration.seconds(60)

    var figuresNow: ClusterFigures.Snapshot {
        figures.snapshot(queuedBytes: queuedByteCount, newest: log.newestPlace, silence: silence)
    }

    /// How long ago the log has given its last sign of life: half a second at most while all is well.
    var silence: Duration { log.lastSign.duration(to: .now) }

    /// Writes them to the log now and every minute, until the node has left the cluster.
    func reportFigures(on loop: ServiceLoop) {
        loop.execute { [weak self] in
            loop.call(after: Self.interval) {
                guard let self, !self.isClosed else { return }
                self.reportFigures()
                self.reportFigures(on: loop)
            }
        }
    }

    func reportFigures() {
        logger.event(.debug, .cluster, "Cluster: \(figuresNow).")
    }
}
