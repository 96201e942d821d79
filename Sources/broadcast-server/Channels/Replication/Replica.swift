import DequeModule
import LWSSwift

/// What a channel of this node has on its way to the log of the cluster, and whom it has connections of. Confined to the
/// channel's home loop.
///
/// One batch is under way at a time, so that the order in which things were said here is the order in which they stand there;
/// what comes meanwhile is the next batch.
final class Replica {
    /// Who waits for an entry to have its place.
    enum Waiter: Sendable {
        case nobody
        /// The others: it has to stand there whatever happens, or they would keep a member for ever. With whose memory its
        /// session takes, if it may come back.
        case departure(AddressShare?)
        case arrival(
            BroadcastSubscriber,
            arrive: @Sendable (Channel.Arrival, UInt64) -> Void,
            refuse: @Sendable () -> Void
        )
        /// A member of this node whom the others have taken for lost.
        case comeback(BroadcastSubscriber)
        case renaming(BroadcastSubscriber, @Sendable (Result<Channel.NameChange, Problem>?) -> Void)
        case message(BroadcastMember, BroadcastEnvelope, refuse: (@Sendable () -> Void)?)
        case letter(Channel.Letter, @Sendable (Channel.Delivery) -> Void)
        case posting(@Sendable (Result<[Posted], PostingFault>) -> Void)

        /// The one whose entry it is, if that is a member here.
        var connection: BroadcastSubscriber? {
            switch self {
            case .arrival(let connection, _, _), .comeback(let connection), .renaming(let connection, _): connection
            case .message(let member, _, _): member.subscriber
            case .letter(let letter, _): letter.sender.subscriber
            case .nobody, .departure, .posting: nil
            }
        }

        /// Whether its sender is not read from while much waits.
        var isSlowedDown: Bool {
            switch self {
            case .message, .letter: true
            case .nobody, .departure, .arrival, .comeback, .renaming, .posting: false
            }
        }

        var mayBeRefused: Bool {
            switch self {
            case .departure, .comeback: false
            case .nobody, .arrival, .renaming, .message, .letter, .posting: true
            }
        }
    }

    struct Waiting {
        let entry: ChannelEntry
        /// As many as it takes in the log at most.
        let byteCount: Int
        let waiter: Waiter
        let since: ContinuousClock.Instant
    }

    /// A batch that has no place yet.
    struct UnderWay {
        let id: BatchID
        let batch: [Waiting]

    }

    /// A member that has its connection here.
    struct Local {
        let connection: BroadcastSubscriber
        var seat: Seat
        var changes = RateLimit.Use()
    }

    /// The connection of a member that has it here; looks through all.
    func connection(of member: ClientID) -> BroadcastSubscriber? {
        locals.values.first { $0.seat.id == member }?.connection
    }

    let replication: Replication
    private var queue: Deque<Waiting> = []
    private(set) var underWay: UnderWay?
    /// A batch is to be made up at the end of what is done now.
    var isScheduled = false
    var locals: [UInt64: Local] = [:]
    /// Members without a session, and the nodes that have their connections.
    var guests: [ClientID: NodeID] = [:]
    private var lastLink: UInt64 = 0
    /// What was done last lies before the place from which on this node knows who is there.
    var isLearning = true
    /// Sessions that are known by what was said, and by nobody's coming, before this node knows who is there.
    var adopted: Set<SessionID> = []
    /// Ahead of what the log calls now is the clock here by so much.
    var clockOffset = Duration.zero

    init(_ replication: Replication) {
        self.replication = replication
    }

    /// When a moment of the log's clock comes here; somewhat later where others have to do first what is due then.
    func time(of deadline: ContinuousClock.Instant) -> ContinuousClock.Instant {
        deadline + clockOffset + .seconds(2) * replication.rank
    }

    var isIdle: Bool { queue.isEmpty && underWay == nil }

    /// A number that no link of this node in this channel has had.
    func makeLink() -> UInt64 {
        lastLink += 1
        return lastLink
    }

    func append(_ waiting: Waiting) {
        queue.append(waiting)
    }

    /// Makes up the next batch, if there is something and nothing under way.
    func begin(maximumBytes: Int) -> UnderWay? {
        guard underWay == nil, !queue.isEmpty else { return nil }
        var batch: [Waiting] = []
        var (byteCount, publications) = (EntryBatch.headBytes, 0)
        while let next = queue.first {
            byteCount += next.byteCount
            publications += next.entry.publications
            guard batch.isEmpty || byteCount <= maximumBytes && publications <= EntryBatch.maximumPublications else {
                break
            }
            batch.append(queue.removeFirst())
        }
        let begun = UnderWay(id: replication.makeBatchID(), batch: batch)
        underWay = begun
        return begun
    }

    /// The batch under way has come to its end.
    func end(_ id: BatchID) -> UnderWay? {
        guard let ended = underWay, ended.id == id else { return nil }
        underWay = nil
        return ended
    }

    /// Takes out what has waited for too long, and what has to stand there once more.
    func giveUp(_ failed: UnderWay, before deadline: ContinuousClock.Instant) -> [Waiting] {
        let all = failed.batch + queue.filter { $0.since <= deadline }
        var kept = Deque(queue.filter { $0.since > deadline })
        var lost: [Waiting] = []
        for waiting in all.reversed() {
            if waiting.waiter.mayBeRefused { lost.append(waiting) } else { kept.prepend(waiting) }
        }
        queue = kept
        return lost.reversed()
    }

    /// Takes out everything.
    func giveUpAll() -> [Waiting] {
        defer { (underWay, queue) = (nil, []) }
        return (underWay?.batch ?? []) + queue
    }
}
