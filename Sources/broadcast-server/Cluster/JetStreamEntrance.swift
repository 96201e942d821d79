/// How a node comes to the stream of its cluster: connects, makes the stream if there is none, and looks whether it is as it
/// has to be. Blocks, within the time that the settings allow.
struct JetStreamEntrance {
    private let settings: ClusterSettings
    private let subjects: TopicSubject
    private let deadline: ContinuousClock.Instant?

    struct Found {
        let jetStream: JetStream
        let stream: JetStream.StreamState
    }

    init(_ settings: ClusterSettings, _ subjects: TopicSubject) {
        self.settings = settings
        self.subjects = subjects
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
        let stream = try trying("have the stream \(wanted.name)") { () throws(NATSFault) in
            try Self.stream(wanted, of: jetStream)
        }
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
        return Found(jetStream: jetStream, stream: stream)
    }

    private static func stream(
        _ wanted: StreamSettings,
        of jetStream: JetStream
    ) throws(NATSFault) -> JetStream.StreamState {
        do throws(NATSFault) {
            return try jetStream.stream(wanted.name)
        } catch  where error.isNotFound {
            do throws(NATSFault) {
                return try jetStream.makeStream(wanted)
            } catch  where error.saysNoReplicas {
                // A single server.
                var single = wanted
                single.replicas = 1
                return try jetStream.makeStream(single)
            } catch  where error.saysNameInUse {
                // Another node was faster, with other settings perhaps.
                return try jetStream.stream(wanted.name)
            }
        }
    }

    private static func failure(to what: String, _ fault: NATSFault) -> Failure {
        guard fault.isTemporary else {
            return Failure(
                .badConfiguration,
                "Cannot \(what): \(fault). Look at --cluster-credentials and -ca, and whether JetStream is on."
            )
        }
        return Failure(
            .unavailable,
            "Cannot \(what): \(fault). Start NATS with JetStream first, or wait for it with --cluster-wait."
        )
    }

    /// Tries until it succeeds, cannot succeed, or the time is over.
    private func trying<Result>(
        _ what: String,
        _ body: () throws(NATSFault) -> Result
    ) throws(Failure) -> Result {
        let pause = Monitor(())
        while true {
            do throws(NATSFault) {
                return try body()
            } catch {
                guard error.isTemporary, deadline.map({ .now < $0 }) ?? true else {
                    throw Self.failure(to: what, error)
                }
                _ = pause.wait(atMost: .milliseconds(200)) { _ -> Void? in nil }
            }
        }
    }
}
