/// The keys of the latest messages of one session, and what became of those messages.
///
/// It holds at most ``capacity`` keys of at most 64 bytes, about 20 KiB, and nothing before the first.
struct KeyMemory: Sendable {
    static let capacity = 128

    private var receipts = RecencyMap<MessageKey, Receipt>()
    /// How many keys there have been.
    private(set) var total: UInt64 = 0

    /// What became of the message of a key; nil for one that was not seen before, or long ago.
    subscript(key: MessageKey) -> Receipt? { receipts[key] }

    /// Remembers a message, at the cost of the oldest when there are too many.
    mutating func remember(_ receipt: Receipt, for key: MessageKey) {
        if receipts.count == Self.capacity { receipts.removeFirst() }
        receipts[key] = receipt
        total += 1
    }

    /// Those that were stored are the last of so many.
    mutating func skip(to total: UInt64) {
        self.total = max(total, self.total)
    }

    /// What became of a message has changed, if it is known still.
    mutating func update(_ receipt: Receipt, for key: MessageKey) {
        if receipts[key] != nil { receipts[key] = receipt }
    }
}

/// The name that a client gives to a message of its own. Keys are the same when their bytes are: `é` can be written in two
/// ways, which a comparison of texts takes for one.
struct MessageKey: Sendable {
    let text: String
}

extension MessageKey: Hashable {
    static func == (one: MessageKey, other: MessageKey) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
