import LWSSwift
import Logging

/// The log of a cluster as a stream of NATS JetStream.
///
/// A batch is a message of the stream. It is sent with its id until JetStream has said where it stands, or its time is over:
/// the stream takes an id once. What the stream holds comes back through one consumer for all topics, to this node too.
///
/// **Threads.** libnats has one for each of: what comes from the stream, acknowledgements, signs of life of other nodes, and
/// letters. One of our own gives signs of life, sends again, and looks who is silent. What JetStream is asked for beyond that
/// blocks, and has threads made for it.
final class JetStreamLog: SharedLog {
    let node: NodeID
    let epoch: UInt64
    let lastPlace: SharedPlace
    let maximumBatchBytes: Int
    private let settings: ClusterSettings
    private let stream: StreamSettings
    private let subjects: TopicSubject
    private let connection: NATSConnection
    private let jetStream: JetStream
    private let logger: Logger
    private let state: Monitor<State>
    private let observer: LogObserver
    private let reader: StreamReader

    var lastSign: ContinuousClock.Instant { max(reader.lastSign, state.withLock { $0.lastAnswer }) }
    var newestPlace: SharedPlace {
        SharedPlace(rawValue: max(state.withLock { $0.newest }, reader.newest, lastPlace.rawValue))
    }

    /// NATS puts the header of a message and its subject into its payload as well.
    private static let overhead = 1_024

    private struct State: Sendable {
        var pending = PendingAppends()
        var peers: PeerWatch
        var subscriptions: [NATSSubscription] = []
        /// The last sequence that was said to be stored.
        var newest: UInt64 = 0
        /// When something was said to be stored last.
        var lastAnswer = ContinuousClock.now
        var reach = LogReach()
        /// Somebody hears what is told of the reach, and is being told it.
        var isFollowed = false
        var isTellingReach = false
        /// The stream is to be looked at.
        var isSuspicious = false
        var isChecking = false
        /// The thread is to look what there is to do.
        var isWoken = false
        var isClosed = false
        /// There is nothing to close any more.
        var hasEnded = false

        /// What is to be told of the reach now: by one thread at a time, so that it is told in order.
        mutating func takeNews() -> LogReach.News? {
            guard isFollowed, !isTellingReach, !isClosed else { return nil }
            let news = reach.takeNews()
            isTellingReach = news != nil
            return news
        }

        /// What waits has become more or less.
        mutating func noteWaiting(now: ContinuousClock.Instant) {
            reach.noteWaiting(pending.count > 0, now: now)
        }
    }

    /// Comes to the log, which is made if there is none; blocks meanwhile.
    ///
    /// - Parameter isGivenUp: becomes true when nobody waits for it any more.
    init(
        _ settings: ClusterSettings,
        logger: Logger,
        unless isGivenUp: Monitor<Bool> = Monitor(false)
    ) throws(Failure) {
        var generator = SystemRandomNumberGenerator()
        node = NodeID(using: &generator)
        self.settings = settings
        self.logger = logger
        let state = Monitor(State(peers: PeerWatch(silence: ClusterSettings.silence)))
        self.state = state
        let observer = LogObserver()
        self.observer = observer
        subjects = TopicSubject(prefix: settings.name.lowercased())
        let entrance = JetStreamEntrance(settings, subjects, logger: logger, unless: isGivenUp)
        let found = try entrance.enter(as: node) { event in
            Self.take(event, state, observer, logger)
        }
        connection = found.jetStream.connection
        jetStream = found.jetStream
        stream = found.stream.settings
        epoch = found.stream.epoch.rawValue
        lastPlace = SharedPlace(rawValue: found.stream.lastSequence)
        maximumBatchBytes = connection.maximumPayload - Self.overhead
        reader = StreamReader(
            found.stream,
            of: jetStream,
            subjects,
            deliveries: "_INBOX.\(node).deliveries",
            logger: logger,
            tell: observer.tell
        )
        do throws(NATSFault) {
            try listen()
        } catch {
            connection.close()
            throw Failure(.unavailable, "NATS does not let this node listen: \(error).")
        }
        do throws(Failure) {
            try BackgroundThread.start { [self] in run() }
        } catch {
            connection.close()
            throw error
        }
    }

    // MARK: What comes

    private var signals: String { "\(subjects.prefix)-nodes" }
    private func letters(to node: NodeID) -> String { "\(subjects.prefix)-letters.\(node)" }
    private var acknowledgements: String { "_INBOX.\(node).acknowledgements" }

    private func listen() throws(NATSFault) {
        let subscriptions = [
            try connection.subscribe(to: "\(acknowledgements).*") { [weak self] in self?.takeAcknowledgement($0) },
            try connection.subscribe(to: signals) { [weak self] in self?.takeSignal($0) },
            try connection.subscribe(to: letters(to: node)) { [observer] in observer.tell(.letter($0.bytes)) },
        ]
        state.withLock { $0.subscriptions += subscriptions }
    }

    func follow(_ body: @escaping @Sendable (SharedLogEvent) -> Void) {
        observer.set(body)
        // Some may have been heard of when nobody was to be told.
        for node in state.withLock({ $0.peers.nodes }) { observer.tell(.appeared(node)) }
        state.withLock { $0.isFollowed = true }
        tellNews()
        reader.begin()
    }

    private func takeSignal(_ message: NATSMessage) {
        guard let signal = NodeSignal(message.bytes), signal.node != node else { return }
        let isNews = state.withLock { state in
            signal.isLeaving ? state.peers.left(signal.node) : state.peers.heard(signal.node, now: .now)
        }
        if isNews { observer.tell(signal.isLeaving ? .vanished(signal.node) : .appeared(signal.node)) }
    }

    private static func take(
        _ event: NATSConnection.Event,
        _ state: Monitor<State>,
        _ observer: LogObserver,
        _ logger: Logger
    ) {
        switch event {
        case .disconnected(let reason):
            let isOfInterest = state.update { state in
                state.reach.disconnected(reason)
                state.peers.setHearing(false, now: .now)
                return state.isFollowed && !state.isClosed
            }
            guard isOfInterest else { return }
            logger.event(.warning, .cluster, "The connection to NATS is lost (\(reason)): changes wait.")
            tellNews(state, observer, logger)
        case .reconnected(let server):
            state.update { state in
                state.reach.reconnected(now: .now)
                state.isSuspicious = true
                state.peers.setHearing(true, now: .now)
                state.pending.hurry(now: .now)
                state.isWoken = true
            }
            logger.event(.notice, .cluster, "There is a connection to NATS again, to \(server).")
            tellNews(state, observer, logger)
        case .closed: break
        case .trouble(let text): logger.event(.debug, .cluster, "NATS: \(text).")
        }
    }

    /// Tells whether the log is away or back, if that is news.
    private func tellNews() {
        Self.tellNews(state, observer, logger)
    }

    private static func tellNews(_ state: Monitor<State>, _ observer: LogObserver, _ logger: Logger) {
        while let news = state.withLock({ $0.takeNews() }) {
            switch news {
            case .away(let reason):
                logger.event(.notice, .cluster, "Members are told that the cluster is away: \(reason).")
                observer.tell(.away(reason))
            case .back:
                logger.event(.notice, .cluster, "Members are told that the cluster is back.")
                observer.tell(.back)
            }
            state.withLock { $0.isTellingReach = false }
        }
    }

    // MARK: Appending

    func append(
        _ batch: SharedBatch,
        within limit: Duration,
        _ answer: @escaping @Sendable (Result<SharedPlace, SharedLogFault>) -> Void
    ) {
        guard batch.bytes.count <= maximumBatchBytes else { return answer(.failure(.tooLarge)) }
        let now = ContinuousClock.now
        let ticket = state.withLock { state -> PendingAppends.Ticket? in
            guard !state.isClosed else { return nil }
            defer { state.noteWaiting(now: now) }
            return state.pending.add(batch, until: now + limit, now: now, answer)
        }
        guard let ticket else { return answer(.failure(.closed)) }
        send(batch, ticket)
    }

    private func send(_ batch: SharedBatch, _ ticket: PendingAppends.Ticket) {
        do throws(NATSFault) {
            try connection.publish(
                batch.bytes,
                to: subjects.subject(of: batch.topic),
                reply: "\(acknowledgements).\(ticket.rawValue)",
                id: batch.id.description
            )
        } catch {
            take(error.isTemporary ? .later(error.description) : .refused(error.description), for: ticket)
        }
    }

    private func takeAcknowledgement(_ message: NATSMessage) {
        guard let number = message.subject.split(separator: ".").last.flatMap({ UInt64($0) }) else { return }
        take(PublishAcknowledgement(message), for: PendingAppends.Ticket(rawValue: number))
    }

    private func take(_ answer: PublishAcknowledgement, for ticket: PendingAppends.Ticket) {
        let (outcome, hasNews) = state.withLock { state in
            let now = ContinuousClock.now
            let outcome = state.pending.take(answer, for: ticket, now: now)
            if outcome == nil { state.isWoken = true }
            switch answer {
            case .stored(let sequence):
                state.newest = max(state.newest, sequence)
                state.lastAnswer = now
                state.reach.stored(now: now)
            case .later(let reason): state.reach.failed(reason)
            case .refused: break
            }
            state.noteWaiting(now: now)
            return (outcome, state.reach.hasNews)
        }
        if let outcome { outcome.tell() } else { state.wake() }
        if hasNews { tellNews() }
    }

    // MARK: Beside the log

    func send(_ bytes: [UInt8], to node: NodeID) {
        do throws(NATSFault) {
            try connection.publish(bytes, to: letters(to: node))
        } catch {
            logger.event(.debug, .cluster, "A letter to the node \(node) was not sent: \(error).")
        }
    }

    func reserve(
        _ count: UInt64,
        within limit: Duration,
        _ answer: @escaping @Sendable (Result<UInt64, SharedLogFault>) -> Void
    ) {
        let deadline = ContinuousClock.now + limit
        let bucket = stream.name + "_NUMBERS"
        let replicas = stream.replicas
        do throws(Failure) {
            try BackgroundThread.start { [jetStream, state] in
                while true {
                    do throws(NATSFault) {
                        let last = try jetStream.advance("members", in: bucket, by: count, replicas: replicas)
                        return answer(.success(last + 1))
                    } catch {
                        let isClosed = state.wait(atMost: .milliseconds(200)) { $0.isClosed ? true : nil } ?? false
                        guard !isClosed else { return answer(.failure(.closed)) }
                        guard .now < deadline else { return answer(.failure(.unanswered(error.description))) }
                    }
                }
            }
        } catch {
            answer(.failure(.unanswered(error.message)))
        }
    }

    // MARK: The thread

    private func run() {
        var nextSignal = ContinuousClock.now
        while true {
            if nextSignal <= .now {
                // Tells others that this node is there; one that does not come is followed by the next.
                try? connection.publish(NodeSignal(node: node, isLeaving: false).bytes, to: signals)
                nextSignal = .now + ClusterSettings.heartbeat
            }
            let next = state.withLock { $0.pending.nextDeadline.map { min($0, nextSignal) } } ?? nextSignal
            let wait = max(ContinuousClock.now.duration(to: next), .zero)
            _ = state.wait(atMost: wait) { $0.isWoken || $0.isClosed ? true : nil }
            let now = ContinuousClock.now
            let (work, silent, isConnected, isSuspicious, isClosed) = state.withLock { state in
                state.isWoken = false
                let work = state.pending.due(now: now)
                state.noteWaiting(now: now)
                state.reach.look(now: now)
                // What waits finds out by itself whether somebody leads the stream again.
                let isUnknown = state.reach.isLeaderless && state.pending.count == 0
                let isSuspicious =
                    (state.isSuspicious || isUnknown) && !state.isChecking && state.reach.isConnected
                if isSuspicious { (state.isSuspicious, state.isChecking) = (false, true) }
                return (
                    work, state.peers.takeSilent(now: now), state.reach.isConnected, isSuspicious, state.isClosed
                )
            }
            guard !isClosed else { return }
            tellNews()
            for outcome in work.ended { outcome.tell() }
            for ticket in work.again {
                if let append = state.withLock({ $0.pending[ticket] }) { send(append.batch, ticket) }
            }
            for node in silent { observer.tell(.vanished(node)) }
            if isConnected, reader.isDeaf(now: now) { reader.reset() }
            if isSuspicious { checkStream() }
        }
    }

    /// Looks whether the stream is still the one that it was, since nobody tells of that, and whether it is led.
    private func checkStream() {
        do throws(Failure) {
            try BackgroundThread.start { [self] in
                var (isReplaced, isLed) = (false, false)
                do throws(NATSFault) {
                    isReplaced = try jetStream.stream(stream.name).epoch.rawValue != epoch
                    isLed = true
                } catch {
                    // Nobody leads it yet: to be looked at again.
                    isReplaced = error.isNotFound
                    if !isReplaced { state.update { $0.isSuspicious = true } }
                }
                state.update { state in
                    state.isChecking = false
                    if isLed, state.pending.count == 0 { state.reach.stored(now: .now) }
                }
                tellNews()
                if isReplaced { observer.tell(.replaced) }
            }
        } catch {
            state.update { $0.isChecking = false }
        }
    }

    /// A second call returns when the first has ended.
    func close() {
        let (outcomes, wasClosed) = state.update { state in
            defer { state.isClosed = true }
            return (state.pending.close(), state.isClosed)
        }
        guard !wasClosed else { return state.wait { $0.hasEnded ? () : nil } }
        reader.close()
        try? connection.publish(NodeSignal(node: node, isLeaving: true).bytes, to: signals)
        for outcome in outcomes { outcome.tell() }
        connection.close()
        reader.end()
        state.update { ($0.subscriptions, $0.hasEnded) = ([], true) }
    }
}
