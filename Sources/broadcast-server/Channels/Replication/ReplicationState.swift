/// How far a node has come with its cluster, and what it knows of the others.
struct ReplicationState: Sendable {
    enum Stage: Sendable {
        /// What has come to pass before it came.
        case learning
        /// At the place of its last hello, until it is told who is there; with what has come behind that.
        case waiting([LoggedBatch])
        case current
    }

    var stage = Stage.learning
    /// Where its last hello stands that has come back: what others answer to an earlier one does not count.
    private var helloPlace = SharedPlace.beginning
    /// What came before that place is being handed on, so that what is told as of there has to wait.
    private var isHandingOn = false
    /// It is told everything, and takes that over.
    private var isInstalling = false
    weak var directory: ChannelDirectory?
    /// What loops were handed and have not applied yet.
    var unappliedBytes = 0
    var peers: Set<NodeID> = []
    /// What others have answered to hellos, by their places: also to one that has not come back yet, since others may read
    /// faster.
    private var heard: [SharedPlace: Heard] = [:]

    private struct Heard: Sendable {
        /// Whether they are current.
        var answers: [NodeID: Bool] = [:]
        /// What each of them has told of the channels.
        var told: [NodeID: ToldState] = [:]
    }
    /// Ids of members that this node may give.
    private var ids: [ClosedRange<UInt64>] = []
    var isReserving = false
    var waitingForIDs: [@Sendable (ClientID?) -> Void] = []
    /// Is called when no change waits for its place.
    var waitingForEnd: (@Sendable () -> Void)?
    /// Why the log is away.
    var awayReason: String?
    /// Why this node cannot go on: the log has lost or replaced what it should have applied.
    var loss: String?
    var isClosed = false

    /// Why nothing is taken; nil while all is well.
    var trouble: String? { loss ?? awayReason }

    var isCurrent: Bool {
        if case .current = stage { true } else { false }
    }

    /// Whether this node is the one to say that nobody is there: all others have come just now as well, and are behind it.
    func isFirst(_ node: NodeID) -> Bool {
        guard case .waiting = stage else { return false }
        return peers.allSatisfy { heard[helloPlace]?.answers[$0] == false && node < $0 }
    }

    /// Whether a batch is to be applied as one of the past, or as what comes to pass now; nil when it waits.
    mutating func isPast(_ batch: LoggedBatch) -> Bool? {
        switch stage {
        case .learning: return true
        case .current: return false
        case .waiting(let later):
            stage = .waiting(later + [batch])
            return nil
        }
    }

    /// The begin of this node has its place.
    ///
    /// - Returns: what has come behind its hello; nil when it is current, or others tell it who is there.
    mutating func begin() -> [LoggedBatch]? {
        guard case .waiting(let later) = stage, !isInstalling else { return nil }
        stage = .current
        return later
    }

    /// Another node has begun: what was told before that is nobody's truth any more.
    mutating func otherBegan() {
        guard case .waiting = stage, !isInstalling else { return }
        (helloPlace, heard) = (.beginning, [:])
    }

    /// A hello of this node has its place.
    ///
    /// - Returns: what has come behind an earlier one, which is past.
    mutating func restart(at place: SharedPlace) -> [LoggedBatch] {
        guard !isCurrent, !isInstalling else { return [] }
        var earlier: [LoggedBatch] = []
        if case .waiting(let later) = stage { earlier = later }
        (stage, helloPlace, isHandingOn) = (.waiting([]), place, true)
        heard = heard.filter { $0.key >= place }
        return earlier
    }

    /// What has come before the last hello was handed on.
    mutating func hasHandedOn() {
        isHandingOn = false
    }

    /// Another node answers a hello.
    mutating func take(_ letter: NodeLetter) {
        guard !isCurrent, letter.place >= helloPlace else { return }
        var heard = heard[letter.place] ?? Heard()
        switch letter.content {
        case .stage(let isCurrent): heard.answers[letter.node] = isCurrent
        case .part(let part): heard.told[letter.node, default: ToldState()].add(part)
        case .end(let count): heard.told[letter.node, default: ToldState()].expected = count
        }
        self.heard[letter.place] = heard
    }

    /// All that there is to know as of the last hello, once: what is complete first.
    mutating func takeTold() -> [ToldChannel]? {
        guard case .waiting = stage, !isInstalling, !isHandingOn else { return nil }
        guard let channels = heard[helloPlace]?.told.values.lazy.compactMap(\.channels).first else { return nil }
        (isInstalling, heard) = (true, [:])
        return channels
    }

    // MARK: Ids of members

    /// How many are left.
    var idCount: Int { ids.reduce(0) { $0 + $1.count } }

    mutating func takeID() -> ClientID? {
        guard let block = ids.first else { return nil }
        if block.count > 1 { ids[0] = (block.lowerBound + 1)...block.upperBound } else { ids.removeFirst() }
        return ClientID(number: block.lowerBound)
    }

    /// Takes over a block.
    mutating func take(_ block: ClosedRange<UInt64>) {
        ids.append(block)
    }
}
