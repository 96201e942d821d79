internal import DequeModule

/// The keys of the latest messages of one session, and the ids those messages got.
///
/// It holds at most ``capacity`` keys of at most 64 bytes, about 16 KiB, and nothing before the first.
struct KeyMemory: Sendable {
    static let capacity = 128

    /// What is known of a message with a key.
    enum Message: Sendable, Equatable {
        /// It was not seen before, or long ago.
        case new
        /// It is on its way to its place in the channel's order, where it gets its id.
        case underWay
        case sent(id: UInt64)
    }

    private var ids: [String: UInt64?] = [:]
    private var order: Deque<String> = []

    var isEmpty: Bool { order.isEmpty }

    /// Remembers a key if it is new, at the cost of the oldest when there are too many.
    ///
    /// - Returns: what was known before.
    mutating func take(_ key: String) -> Message {
        if let id = ids[key] { return id.map(Message.sent) ?? .underWay }
        if order.count == Self.capacity { ids[order.removeFirst()] = nil }
        order.append(key)
        ids[key] = .some(nil)
        return .new
    }

    /// Remembers the id of a message that was taken, unless it has been forgotten meanwhile.
    mutating func confirm(_ key: String, id: UInt64) {
        if ids[key] != nil { ids[key] = id }
    }
}
