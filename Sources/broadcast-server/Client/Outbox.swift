import DequeModule

/// The messages that are on their way out, in order: first those that were handed to the connection and are not
/// confirmed yet, then those that still wait for one.
///
/// It is plain logic. When a connection ends, ``rewind()`` has everything unconfirmed sent again, under the same keys,
/// by which a server knows what it has already. Memory is bounded by ``Limits``.
///
/// What is to outlive the program is handed over only once it is saved, so that a message has the same key in the next run
/// if anybody can have seen it in this one.
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

    /// How far an outbox has come: what it had taken, and what was settled.
    struct Mark: Equatable, Sendable {
        fileprivate var appended = 0
        fileprivate var settled = 0
    }

    private let limits: Limits
    private let keyPrefix: String
    private var entries: Deque<Entry> = []
    private var byteCount = 0
    /// How many of the entries, from the first on, were handed to the connection.
    private var handedOver = 0
    /// How far it has come, in numbers of messages since the program began.
    private(set) var mark = Mark()
    /// How far it had come when it was saved last; nil when nothing is to be saved.
    private var saved: Mark?

    /// - Parameters:
    ///   - keyPrefix: random, so that keys are the client's own; a counter follows it.
    ///   - saved: what an earlier run has left behind, the first to be sent; nil when nothing is to outlive the program.
    init(keyPrefix: String, limits: Limits = Limits(), saved: [Entry]? = nil) {
        self.keyPrefix = keyPrefix
        self.limits = limits
        guard let saved else { return }
        entries = Deque(saved)
        byteCount = saved.reduce(0) { $0 + $1.content.byteCount }
        mark.appended = saved.count
        self.saved = mark
    }

    /// Whether its messages are to outlive the program.
    var isSaved: Bool { saved != nil }
    /// Everything that is not confirmed, in order.
    var unconfirmed: [Entry] { Array(entries) }
    /// How many messages are not confirmed, sent or not.
    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    /// How many of them nothing can happen to: all when nothing is to outlive the program.
    var safeCount: Int { entries.count - (saved.map { mark.appended - $0.appended } ?? 0) }
    /// The last texts of these, at most so many.
    func lastSafeTexts(atMost limit: Int) -> [String] {
        entries[..<safeCount].suffix(limit).compactMap { entry in
            if case .text(let text) = entry.content { text } else { nil }
        }
    }
    /// Whether another message may be appended.
    var hasRoom: Bool { entries.count < limits.messages && byteCount < limits.bytes }
    /// Whether messages wait until what has changed is saved.
    var needsSaving: Bool {
        safeCount < count || settledSinceSaved > 0 && handedOver < count && !canHandOver
    }

    private var settledSinceSaved: Int { saved.map { mark.settled - $0.settled } ?? 0 }

    /// Whether the server will know the keys of all messages that it may get twice: if the connection ended now, or if the
    /// program did, whose next run begins with what was saved.
    private var canHandOver: Bool { handedOver + settledSinceSaved < limits.unconfirmed }

    /// Adds a message behind the others.
    mutating func append(_ content: Content) {
        mark.appended += 1
        entries.append(Entry(key: "\(keyPrefix)-\(mark.appended)", content: content))
        byteCount += content.byteCount
    }

    /// Knows that everything was saved as it was at a mark.
    mutating func noteSaved(at mark: Mark) {
        if saved != nil { saved = mark }
    }

    /// The next message to hand to the connection; nil when there is none, too many are unconfirmed, or something has to be
    /// saved before.
    mutating func handOverNext() -> Entry? {
        guard handedOver < safeCount, canHandOver else { return nil }
        handedOver += 1
        return entries[handedOver - 1]
    }

    /// Takes out a message that was handed over and needs to be kept no longer; nil when there is none of that key.
    mutating func settle(_ key: String) -> Entry? {
        // Confirmations come in the order in which messages went out, so the first one is nearly always meant.
        guard let index = entries[..<handedOver].firstIndex(where: { $0.key == key }) else { return nil }
        handedOver -= 1
        mark.settled += 1
        let entry = entries.remove(at: index)
        byteCount -= entry.content.byteCount
        return entry
    }

    /// Whether a message was handed over, and is not confirmed.
    func isUnderWay(_ key: String) -> Bool { entries[..<handedOver].contains { $0.key == key } }

    /// Has everything unconfirmed handed over again, in order: the connection it was handed to has ended, or the server has
    /// refused some of it for the time being.
    mutating func rewind() {
        handedOver = 0
    }
}
