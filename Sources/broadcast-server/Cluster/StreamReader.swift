import Logging

/// Reads a stream in order, through one consumer after another, and tells what it holds.
///
/// **Threads.** What comes is told on the one that libnats has for it; a consumer is made on a thread of its own, since that
/// blocks.
final class StreamReader: Sendable {
    private let name: String
    private let epoch: LogEpoch
    /// The last sequence that there was at the beginning.
    private let known: UInt64
    private let jetStream: JetStream
    private let subjects: TopicSubject
    private let deliveries: String
    private let logger: Logger
    private let tell: @Sendable (SharedLogEvent) -> Void
    private let state = Monitor(State())
    /// Held while somebody is told what comes from the stream.
    private let order = Monitor(())

    private struct State: Sendable {
        var consumer: NATSSubscription?
        var reading = StreamReading()
        /// The last sequence of the stream that is known.
        var newest: UInt64 = 0
        /// A new consumer is being made.
        var isResetting = false
        /// Somebody is told what has come: meanwhile nothing else can be heard.
        var isTelling = false
        /// When the consumer has sent something last.
        var lastSign = ContinuousClock.now
        var isClosed = false
    }

    /// - Parameters:
    ///   - stream: as it is just now: what was in it is told as well.
    ///   - deliveries: the beginning of the subjects that the consumers send to.
    ///   - tell: called for what comes, never for two at a time.
    init(
        _ stream: JetStream.StreamState,
        of jetStream: JetStream,
        _ subjects: TopicSubject,
        deliveries: String,
        logger: Logger,
        tell: @escaping @Sendable (SharedLogEvent) -> Void
    ) {
        name = stream.settings.name
        epoch = stream.epoch
        known = stream.lastSequence
        self.jetStream = jetStream
        self.subjects = subjects
        self.deliveries = deliveries
        self.logger = logger
        self.tell = tell
    }

    var lastSign: ContinuousClock.Instant { state.withLock { $0.lastSign } }
    /// The last sequence of the stream that a message has told of.
    var newest: UInt64 { state.withLock { $0.newest } }

    /// Whether nothing has come for longer than the consumer is ever silent.
    func isDeaf(now: ContinuousClock.Instant) -> Bool {
        state.withLock { !$0.isTelling && $0.lastSign.duration(to: now) > ConsumerSignal.silence }
    }

    // MARK: Consumers

    /// Begins to read behind what was told last, with a consumer of its own. Blocks until that has succeeded.
    func begin() {
        while !state.withLock({ $0.isClosed }) {
            // Of a try that was not answered there may be a consumer all the same: nothing of it is to be mistaken for this
            // one's.
            let (start, generation) = state.withLock { $0.reading.restart() }
            let subject = "\(deliveries).\(generation)"
            do throws(NATSFault) {
                let consumer = try jetStream.connection.subscribe(to: subject) { [weak self] in
                    self?.take($0, generation)
                }
                // One of the same name that was made anew would give nothing before its numbers have come as far.
                guard try jetStream.stream(name).epoch == epoch else { return tell(.replaced) }
                try jetStream.consume(name, from: start, to: subject)
                let old = state.withLock { state in
                    defer { (state.consumer, state.isResetting, state.lastSign) = (consumer, false, .now) }
                    return state.consumer
                }
                // Not under the lock: what it has taken in is told meanwhile, and ignored.
                withExtendedLifetime(old) {}
                return
            } catch {
                if error.isNotFound { return tell(.replaced) }
                logger.event(.debug, .cluster, "The stream \(name) cannot be read just now: \(error).")
                _ = state.wait(atMost: .milliseconds(200)) { $0.isClosed ? true : nil }
            }
        }
    }

    /// Reads on with another consumer: one that is silent may be gone with its server, or have no way to this node.
    func reset() {
        let isToDo = state.withLock { state in
            guard state.consumer != nil, !state.isResetting, !state.isClosed else { return false }
            state.isResetting = true
            return true
        }
        guard isToDo else { return }
        do throws(Failure) {
            try BackgroundThread.start { [self] in begin() }
        } catch {
            logger.event(.error, .cluster, "\(error.message)")
            state.withLock { $0.isResetting = false }
        }
    }

    /// Makes no consumer any more.
    func close() {
        state.update { $0.isClosed = true }
    }

    /// Gives the last consumer back, when the connection has been closed.
    func end() {
        state.update { $0.consumer = nil }
    }

    // MARK: What comes

    /// The next of the stream, on its thread.
    private func take(_ message: NATSMessage, _ generation: Int) {
        state.withLock { $0.isTelling = true }
        defer { state.withLock { ($0.isTelling, $0.lastSign) = (false, .now) } }
        if let signal = ConsumerSignal(message) { return take(signal) }
        // One consumer may still be telling what came when the next begins.
        order.withLock { _ in take(message, of: generation) }
    }

    private func take(_ message: NATSMessage, of generation: Int) {
        guard let found = message.place else { return }
        let step = state.withLock { state in
            state.newest = max(state.newest, found.sequence + found.pending)
            return state.reading.take(found.sequence, of: generation, isFirst: found.isFirst, known: known)
        }
        let place = SharedPlace(rawValue: found.sequence)
        switch step {
        case .old: return
        case .hole: return reset()
        case .loss(let last): tell(.lost(after: SharedPlace(rawValue: last), before: place))
        case .next: break
        }
        guard let topic = subjects.topic(of: message.subject) else { return }
        tell(.batch(LoggedBatch(topic: topic, place: place, time: found.time, bytes: message.bytes)))
    }

    /// All that came before a signal has been told when it is taken here: so the answer says that this node keeps up.
    private func take(_ signal: ConsumerSignal) {
        switch signal {
        case .heartbeat(nil): break
        case .heartbeat(let subject?), .flowControl(let subject):
            // One that is lost is asked for again.
            try? jetStream.connection.publish([], to: subject)
        }
    }
}
