/// The keys of those who publish in a channel without being a member. They share one memory, since nobody knows who they are;
/// it is dropped when no key has come for a while, so that it does not keep the channel.
struct PublisherKeys: Sendable {
    /// How many keys all channels remember together, about 16 MiB of them: beyond that a channel gives up one of its own for
    /// each new one.
    static let maximumTotal = 65_536
    /// How long the keys are remembered after the last one.
    static let retention = Duration.seconds(600)

    var memory = KeyMemory(capacity: KeyMemory.capacityOfPublishers)
    var lastUse: ContinuousClock.Instant?

    var isEmpty: Bool { lastUse == nil }
    var count: Int { memory.count }

    /// When ``expire(now:)`` has something to do.
    var deadline: ContinuousClock.Instant? { lastUse.map { $0 + Self.retention } }

    /// Forgets all keys when their time has come.
    mutating func expire(now: ContinuousClock.Instant) {
        guard let deadline, deadline <= now else { return }
        let total = memory.total
        self = PublisherKeys()
        // They are counted on, for who has stored them.
        memory.skip(to: total)
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

    /// The key of a parcel that has its place, as it is written down.
    func spentKey(of parcel: Posting.Parcel) -> SpentKey? {
        parcel.key.flatMap { memory.spent($0, of: .ofPublishers) }
    }

    /// What became of the messages of a posting has changed; it is told where their keys are known still.
    mutating func update(_ posted: [Posted], of posting: Posting) {
        var index = 0
        for parcel in posting.parcels {
            if let key = parcel.key { memory.update(posted[index].receipt, for: key) }
            index += parcel.messages.count
        }
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
        let entry = KeyMemory.Entry(
            receipt: first,
            count: parcel.messages.count,
            contentHash: parcel.contentHash
        )
        remember(entry, for: key, now: now, hasRoom: hasRoom)
    }

    mutating func remember(
        _ entry: KeyMemory.Entry,
        for key: MessageKey,
        now: ContinuousClock.Instant,
        hasRoom: Bool
    ) {
        if !hasRoom { memory.forgetOldest() }
        memory.remember(entry, for: key)
        lastUse = now
    }

    /// Those that were stored are the last of so many.
    mutating func skip(to total: UInt64) {
        memory.skip(to: total)
    }
}

extension Posting {
    /// How many messages there may be. No more than there are keys kept, so that each is still known when the last of them
    /// is taken.
    static let maximumCount = KeyMemory.capacityOfPublishers
}
