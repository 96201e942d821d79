import DequeModule

/// The messages that are on their way out, in order: first those that were handed to the connection and are not
/// confirmed yet, then those that still wait for one.
///
/// It is plain logic. When a connection ends, ``rewind()`` has everything unconfirmed sent again, under the same keys,
/// by which a server knows what it has already. Memory is bounded by ``Limits``.
struct Outbox: Sendable {
    /// The bounds.
    struct Limits: Equatable, Sendable {
        /// The most messages that are kept.
        var messages = 1_000
        /// The most bytes of payload that are kept; a message that begins within the bound may end beyond it.
        var bytes = 8 << 20
        /// The most messages that are handed over without being confirmed: fewer than the keys that the server remembers
        /// for a session (docs/protocol.md), or a message that is sent again might be taken twice.
        var unconfirmed = 100
    }

    /// One message that is on its way.
    struct Entry: Equatable, Sendable {
        /// Unique for this message among all clients.
        let key: String
        let content: Content
    }

    enum Content: Equatable, Sendable {
        case text(String)
        case binary([UInt8])
        /// The user's new name.
        case name(String)

        var byteCount: Int {
            switch self {
            case .text(let text), .name(let text): text.utf8.count
            case .binary(let bytes): bytes.count
            }
        }
    }

    private let limits: Limits
    private let keyPrefix: String
    private var keyCount = 0
    private var entries: Deque<Entry> = []
    private var byteCount = 0
    /// How many of the entries, from the first on, were handed to the connection.
    private var handedOver = 0

    /// - Parameter keyPrefix: random, so that keys are the client's own; a counter follows it.
    init(keyPrefix: String, limits: Limits = Limits()) {
        self.keyPrefix = keyPrefix
        self.limits = limits
    }

    /// How many messages are not confirmed, sent or not.
    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    /// Whether another message may be appended.
    var hasRoom: Bool { entries.count < limits.messages && byteCount < limits.bytes }

    /// Adds a message behind the others.
    mutating func append(_ content: Content) {
        keyCount += 1
        entries.append(Entry(key: "\(keyPrefix)-\(keyCount)", content: content))
        byteCount += content.byteCount
    }

    /// The next message to hand to the connection; nil when there is none, or too many are unconfirmed.
    mutating func handOverNext() -> Entry? {
        guard handedOver < min(entries.count, limits.unconfirmed) else { return nil }
        handedOver += 1
        return entries[handedOver - 1]
    }

    /// Takes out a message that was handed over and needs to be kept no longer; nil when there is none of that key.
    mutating func settle(_ key: String) -> Entry? {
        // Confirmations come in the order in which messages went out, so the first one is nearly always meant.
        guard let index = entries[..<handedOver].firstIndex(where: { $0.key == key }) else { return nil }
        handedOver -= 1
        let entry = entries.remove(at: index)
        byteCount -= entry.content.byteCount
        return entry
    }

    /// Has everything unconfirmed handed over again, in order: the connection it was handed to has ended.
    mutating func rewind() {
        handedOver = 0
    }
}
