/// Counts what becomes of the batches of a node, and how often it has lost its log. May be used on any thread; what it holds
/// is bounded by the batches under way, one of each channel.
final class ClusterFigures: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// All that is counted, at one moment.
    struct Snapshot: Sendable, Equatable {
        /// From when a batch is sent until the log has said that it has its place, however often it is sent.
        var publishToAcknowledgement = DurationHistogram()
        /// From then until it has come back and is on its way to the members; nothing for one that comes back before.
        var acknowledgementToDelivery = DurationHistogram()
        /// Batches without an answer.
        var inFlight = 0
        /// Bytes of changes that have no place yet, those in flight included.
        var queuedBytes = 0
        /// How often the log has come back after it was away.
        var returns = 0
        /// How many places of the log this node has not taken yet, as far as it knows.
        var lag: UInt64 = 0
        /// How long ago the log has given its last sign of life.
        var silence = Duration.zero
    }

    private struct Flight {
        let sent: Instant
        var acknowledged: Instant?
        var isDelivered = false
        /// Where it stands, by what came first.
        var place: SharedPlace?
    }

    private struct State {
        var total = Snapshot()
        var flights: [BatchID: Flight] = [:]
        var lastTaken = SharedPlace.beginning
    }

    private let state = Monitor(State())

    /// A batch goes to the log.
    func sent(_ id: BatchID, now: Instant = .now) {
        state.withLock { $0.flights[id] = Flight(sent: now) }
    }

    /// The log has said what has become of it.
    ///
    /// - Parameter place: nil when it is not stored, as far as is known.
    /// - Returns: whether it has come back from there, if it has.
    func answered(_ id: BatchID, at place: SharedPlace?, now: Instant = .now) -> Bool {
        state.withLock { state in
            guard var flight = state.flights[id], flight.acknowledged == nil else { return true }
            state.flights[id] = nil
            guard let place else { return true }
            state.total.publishToAcknowledgement.add(flight.sent.duration(to: now))
            if flight.isDelivered {
                state.total.acknowledgementToDelivery.add(.zero)
                return flight.place == place
            }
            (flight.acknowledged, flight.place) = (now, place)
            state.flights[id] = flight
            return true
        }
    }

    /// It has come back.
    ///
    /// - Returns: whether from where the log has said that it is, if it has.
    func delivered(_ id: BatchID, at place: SharedPlace, now: Instant = .now) -> Bool {
        state.withLock { state in
            guard var flight = state.flights.removeValue(forKey: id) else { return true }
            if let acknowledged = flight.acknowledged {
                state.total.acknowledgementToDelivery.add(acknowledged.duration(to: now))
                return flight.place == place
            }
            (flight.isDelivered, flight.place) = (true, place)
            state.flights[id] = flight
            return true
        }
    }

    /// A batch of whatever node has come.
    func took(_ place: SharedPlace) {
        state.withLock { $0.lastTaken = place }
    }

    /// The log is there again.
    func cameBack() {
        state.withLock { $0.total.returns += 1 }
    }

    /// - Parameters:
    ///   - newest: the last place of the log that is known.
    ///   - silence: how long ago the log has given its last sign of life.
    func snapshot(queuedBytes: Int, newest: SharedPlace, silence: Duration) -> Snapshot {
        state.withLock { state in
            var snapshot = state.total
            snapshot.inFlight = state.flights.values.count { $0.acknowledged == nil }
            snapshot.queuedBytes = queuedBytes
            snapshot.silence = silence
            snapshot.lag = newest > state.lastTaken ? newest.rawValue - state.lastTaken.rawValue : 0
            return snapshot
        }
    }
}

extension ClusterFigures.Snapshot: CustomStringConvertible {
    /// One line for the log.
    var description: String {
        """
        \(publishToAcknowledgement.count) batches stored \(Self.times(publishToAcknowledgement)), back \
        \(Self.times(acknowledgementToDelivery)) later; \(inFlight) in flight, \(queuedBytes) bytes wait, \
        \(lag) places behind, \(returns) times back after the cluster was away, last sign of it \
        \(Int(silence / .milliseconds(1))) ms ago
        """
    }

    private static func times(_ histogram: DurationHistogram) -> String {
        guard let mean = histogram.mean else { return "-" }
        return "\(milliseconds(mean)) ms (at most \(milliseconds(histogram.longest)) ms)"
    }

    /// With a hundredth.
    private static func milliseconds(_ duration: Duration) -> String {
        let hundredths = Int((duration / .microseconds(10)).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
