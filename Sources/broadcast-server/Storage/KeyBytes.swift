/// Keys of one session with what became of their messages, as they stand in a row.
struct KeyBytes: Sendable {
    /// How many keys the session has had, with these.
    private(set) var total: UInt64 = 0
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - number: of the message.
    ///   - total: how many keys the session has had, with this one.
    mutating func append(_ key: MessageKey, number: UInt64, receivers: Int, total: UInt64) {
        self.total = total
        bytes.put(key.text)
        bytes.put(number)
        bytes.put(UInt32(clamping: receivers))
    }
}

/// A key that was written down.
struct StoredKey: Sendable, Equatable {
    var key: MessageKey
    var number: UInt64
    var receivers: Int

    /// Those of a row; nil when it holds something else.
    static func all(in bytes: [UInt8]) -> [StoredKey]? {
        var reader = StateBytesReader(bytes)
        var keys: [StoredKey] = []
        while !reader.isAtEnd {
            guard let key = reader.text(), let number = reader.number(UInt64.self),
                let receivers = reader.number(UInt32.self)
            else { return nil }
            keys.append(StoredKey(key: MessageKey(text: key), number: number, receivers: Int(receivers)))
        }
        return keys
    }
}
