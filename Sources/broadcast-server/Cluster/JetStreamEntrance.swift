import Logging

/// How a node comes to the stream of its cluster: connects, makes the stream if there is none, and looks whether it is as it
/// has to be. Blocks, within the time that the settings allow.
struct JetStreamEntrance {
    private let settings: ClusterSettings
    private let subjects: TopicSubject
    private let logger: Logger
    private let isGivenUp: Monitor<Bool>
    private let deadline: ContinuousClock.Instant?

    struct Found {
        let jetStream: JetStream
        let stream: JetStream.StreamState
    }

    /// - Parameter isGivenUp: becomes true when nobody waits for it any more: it fails then, after one try at most.
    init(_ settings: ClusterSettings, _ subjects: TopicSubject, logger: Logger, unless isGivenUp: Monitor<Bool>) {
        self.settings = settings
        self.subjects = subjects
        self.logger = logger
        self.isGivenUp = isGivenUp
        deadline = settings.startLimit.map { .now + $0 }
    }

    func enter(
        as node: NodeID,
        _ onEvent: @escaping @Sendable (NATSConnection.Event) -> Void
    ) throws(Failure) -> Found {
        let name = "\(settings.name)-\(node)"
        let jetStream = try trying("reach NATS at \(settings.servers)") {
            () throws(NATSFault) in
            try JetStream(NATSConnection(settings.servers.urls, settings.access, name: name, onEvent))
        }
        let wanted = StreamSettings(settings, subjects: subjects, replicas: 3)
        // The same at each try, of which one that was not answered may have succeeded.
        let epoch = LogEpoch.new
        let stream = try trying("have the stream \(wanted.name)") { () throws(NATSFault) in
            try Self.stream(wanted, epoch, of: jetStream)
        }
        let settled = try settled(stream, of: jetStream)
        var acceptable = wanted
        // That of a single server, which cannot have more.
        if stream.settings.replicas == 1 { acceptable.replicas = 1 }
        let differences = stream.settings.differences(from: acceptable)
        guard differences.isEmpty else {
            jetStream.connection.close()
            throw Failure(
                .badConfiguration,
                """
                The stream \(wanted.name) is not as this server's settings want it: \
                \(differences.joined(separator: "; ")). Give all nodes the same settings, or change the stream.
                """
            )
        }
        return Found(jetStream: jetStream, stream: settled)
    }

    /// Nodes that make a stream at the same moment may each be told that it is theirs: the last one counts.
    private func settled(
        _ stream: JetStream.StreamState,
        of jetStream: JetStream
    ) throws(Failure) -> JetStream.StreamState {
        var stream = stream
        while stream.lastSequence == 0 {
            _ = isGivenUp.wait(atMost: .milliseconds(300)) { $0 ? true : nil }
            let name = stream.settings.name
            let again = try trying("look at the stream \(name)") { () throws(NATSFault) in try jetStream.stream(name) }
            if again.epoch == stream.epoch { return again }
            stream = again
        }
        return stream
    }

    private static func stream(
        _ wanted: StreamSettings,
        _ epoch: LogEpoch,
        of jetStream: JetStream
    ) throws(NATSFault) -> JetStream.StreamState {
        do throws(NATSFault) {
            return try jetStream.stream(wanted.name)
        } catch  where error.isNotFound {
            do throws(NATSFault) {
                return try makeStream(wanted, epoch, of: jetStream)
            } catch  where error.saysNameInUse {
                // Another node was faster.
                return try jetStream.stream(wanted.name)
            }
        }
    }

    private static func makeStream(
        _ wanted: StreamSettings,
        _ epoch: LogEpoch,
        of jetStream: JetStream
    ) throws(NATSFault) -> JetStream.StreamState {
        do throws(NATSFault) {
            return try jetStream.makeStream(wanted, description: epoch.description)
        } catch  where error.saysNoReplicas {
            // A single server.
            var single = wanted
            single.replicas = 1
            return try jetStream.makeStream(single, description: epoch.description)
        }
    }

    private func failure(to what: String, _ fault: NATSFault) -> Failure {
        let beginning = "Cannot \(what): "
        if fault.refusesCertificate {
            return Failure(
                .badConfiguration,
                beginning + "\(fault). Give it one that it trusts, with --cluster-cert and --cluster-key."
            )
        }
        if fault.saysNothing {
            return Failure(
                .unavailable,
                beginning + "the server has ended the connection without a word. Either it wants a certificate that it "
                    + "trusts, by --cluster-cert and --cluster-key, or it is going down."
            )
        }
        guard fault.isTemporary else {
            return Failure(
                .badConfiguration,
                beginning + "\(fault). Look at --cluster-credentials and -ca, and whether JetStream is on."
            )
        }
        let advice =
            deadline == nil
            ? "It is waited for." : "Start NATS with JetStream first, or wait for it with --cluster-wait."
        return Failure(.unavailable, beginning + "\(fault). \(advice)")
    }

    /// Tries until it succeeds, cannot succeed, is given up, or the time is over.
    private func trying<Result>(
        _ what: String,
        _ body: () throws(NATSFault) -> Result
    ) throws(Failure) -> Result {
        var lastFailure: Failure?
        while true {
            do throws(NATSFault) {
                return try body()
            } catch {
                let failure = failure(to: what, error)
                guard error.isTemporary, deadline.map({ .now < $0 }) ?? true else { throw failure }
                // Who waits for ever is to know what for.
                if deadline == nil, failure != lastFailure { logger.event(.notice, .cluster, "\(failure.message)") }
                lastFailure = failure
                let isGivenUp = isGivenUp.wait(atMost: .milliseconds(200)) { $0 ? true : nil } ?? false
                guard !isGivenUp else { throw failure }
            }
        }
    }
}
