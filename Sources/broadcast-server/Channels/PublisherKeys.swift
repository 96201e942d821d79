/// The keys of those who publish in a channel without being a member. They share one memory, since nobody knows who they are;
/// it is dropped when no key has come for a while, so that it does not keep the channel.
struct PublisherKeys: Sendable {
    /// How many keys all channels remember together, about 16 MiB of them: beyond that a channel gives up one of its own for
    /// each new one.
    static let maximumTotal = 65_536
    /// How long the keys are remembered after the last one.
    static let retention = Duration.seconds(600)

    private var memory = KeyMemory(capacity: KeyMemory.capacityOfPublishers)
    private var lastUse: ContinuousClock.Instant?

    var isEmpty: Bool { lastUse == nil }
    var count: Int { memory.count }

    /// When ``expire(now:)`` has something to do.
    var deadline: ContinuousClock.Instant? { lastUse.map { $0 + Self.retention } }

    /// Forgets all keys when their time has come.
    mutating func expire(now: ContinuousClock.Instant) {
        if let deadline, deadline <= now { self = PublisherKeys() }
    }

    /// Looks whether all of a posting may be taken.
    ///
    /// - Throws: ``PostingFault/keyWasUsed(_:)`` when a key came before with something else, also within the posting.
    func check(_ posting: Posting) throws(PostingFault) {
        var own: [MessageKey: UInt64] = [:]
        for parcel in posting.parcels {
            guard let key = parcel.key else { continue }
            let hash = parcel.contentHash
            let known = memory.entry(for: key)?.contentHash ?? own[key] ?? hash
            guard known == hash else { throw .keyWasUsed(key) }
            own[key] = hash
        }
    }

    /// What became of a parcel that came before.
    func receipts(of parcel: Posting.Parcel) -> [Receipt]? {
        guard let entry = parcel.key.flatMap(memory.entry) else { return nil }
        return (0..<entry.count).map { entry.receipt.following($0) }
    }

    /// Remembers what became of a parcel.
    ///
    /// - Parameter hasRoom: there may be one key more, of all channels together.
    mutating func remember(
        _ first: Receipt,
        for parcel: Posting.Parcel,
        now: ContinuousClock.Instant,
        hasRoom: Bool = true
    ) {
        guard let key = parcel.key else { return }
        if !hasRoom { memory.forgetOldest() }
        let entry = KeyMemory.Entry(
            receipt: first,
            count: parcel.messages.count,
            contentHash: parcel.contentHash
        )
        memory.remember(entry, for: key)
        lastUse = now
    }
}
