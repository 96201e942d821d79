/// Keys of one session, or of the publishers of a channel, with what became of their messages, as they stand in a row.
struct KeyBytes: Sendable {
    /// How many keys the session has had, with these.
    private(set) var total: UInt64 = 0
    private(set) var bytes: [UInt8] = []

    mutating func append(_ key: SpentKey) {
        total = key.total
        bytes.put(key.key.text)
        bytes.put(key.number)
        bytes.put(UInt32(clamping: key.receivers))
        guard key.session == .ofPublishers else { return }
        bytes.put(UInt32(key.count))
        bytes.put(key.contentHash ?? 0)
    }
}

/// A key that was written down.
struct StoredKey: Sendable, Equatable {
    var key: MessageKey
    var number: UInt64
    var receivers: Int
    var count = 1
    var contentHash: UInt64?

    /// Those of a row; nil when it holds something else.
    ///
    /// - Parameter id: whose they are.
    static func all(in bytes: [UInt8], of id: SessionID) -> [StoredKey]? {
        var reader = ByteFieldsReader(bytes)
        var keys: [StoredKey] = []
        while !reader.isAtEnd {
            guard let key = reader.text(), let number = reader.number(UInt64.self),
                let receivers = reader.number(UInt32.self)
            else { return nil }
            var stored = StoredKey(key: MessageKey(text: key), number: number, receivers: Int(receivers))
            if id == .ofPublishers {
                guard let count = reader.number(UInt32.self), 1...Posting.maximumCount ~= Int(count),
                    let hash = reader.number(UInt64.self)
                else { return nil }
                (stored.count, stored.contentHash) = (Int(count), hash)
            }
            keys.append(stored)
        }
        return keys
    }
}
