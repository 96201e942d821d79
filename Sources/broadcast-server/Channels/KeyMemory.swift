import LWSSwift

/// The keys of the latest messages of one session, or of all who publish in a channel without being a member, and what became
/// of those messages.
///
/// It holds at most ``capacity`` keys of at most 64 bytes, about 20 KiB for 128 of them, and nothing before the first.
struct KeyMemory: Sendable {
    /// For a session.
    static let capacity = 128
    /// For the publishers of a channel, who share one.
    static let capacityOfPublishers = 256

    static func capacity(of id: SessionID) -> Int { id == .ofPublishers ? capacityOfPublishers : capacity }

    /// What came with a key.
    struct Entry: Sendable, Equatable {
        /// Of the first message.
        var receipt: Receipt
        /// How many messages came with it; their positions follow one another.
        var count = 1
        /// Tells whether something else comes with the key; nil where that is not looked at.
        var contentHash: UInt64?
        /// How many keys there had been with this one.
        fileprivate(set) var ordinal: UInt64 = 0
    }

    private let capacity: Int
    private var entries = RecencyMap<MessageKey, Entry>()
    /// How many keys there have been.
    private(set) var total: UInt64 = 0

    init(capacity: Int = Self.capacity) {
        self.capacity = capacity
    }

    var count: Int { entries.count }
    /// From the oldest to the latest.
    var all: [(MessageKey, Entry)] { entries.map { ($0.key, $0.value) } }

    /// What came with a key; nil for one that was not seen before, or long ago.
    func entry(for key: MessageKey) -> Entry? { entries[key] }

    /// What became of the message of a key.
    subscript(key: MessageKey) -> Receipt? { entries[key]?.receipt }

    /// Remembers a message, at the cost of the oldest when there are too many.
    mutating func remember(_ receipt: Receipt, for key: MessageKey) {
        remember(Entry(receipt: receipt), for: key)
    }

    mutating func remember(_ entry: Entry, for key: MessageKey) {
        if entries.count == capacity { forgetOldest() }
        total += 1
        entries[key] = entry
        entries[key]?.ordinal = total
    }

    /// A key that is known, as it is written down.
    ///
    /// - Parameter session: whose it is.
    func spent(_ key: MessageKey, of session: SessionID) -> SpentKey? {
        guard let entry = entries[key], let position = BroadcastGroup.Position(entry.receipt.id.rawValue) else {
            return nil
        }
        return SpentKey(
            session: session,
            key: key,
            number: position.number,
            receivers: entry.receipt.receivers,
            count: entry.count,
            contentHash: entry.contentHash,
            total: entry.ordinal
        )
    }

    /// Those that were stored are the last of so many.
    mutating func skip(to total: UInt64) {
        self.total = max(total, self.total)
    }

    /// What became of a message has changed, if it is known still.
    mutating func update(_ receipt: Receipt, for key: MessageKey) {
        if entries[key]?.receipt.id == receipt.id { entries[key]?.receipt = receipt }
    }

    mutating func forgetOldest() {
        entries.removeFirst()
    }
}
