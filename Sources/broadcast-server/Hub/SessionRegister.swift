internal import DequeModule

/// The sessions of JSON clients, each within its channel, and for a while those whose last connection has ended: a client
/// that comes back finds its keys again.
struct SessionRegister: Sendable {
    /// How long a session is remembered without a connection.
    static let retention = Duration.seconds(600)
    /// How many sessions without a connection are remembered.
    static let maximumRetained = 1_000

    /// A session does not reach beyond its channel.
    struct Key: Hashable, Sendable {
        let channel: ChannelName
        let id: SessionID
    }

    private struct Session: Sendable {
        var connections = 0
        var keys = KeyMemory()
        /// When the last connection ended; nil while there is one.
        var end: ContinuousClock.Instant?
    }

    private var sessions: [Key: Session] = [:]
    /// The ends of sessions in their order. One is out of date when its session has gone on since.
    private var ends: Deque<(key: Key, end: ContinuousClock.Instant)> = []

    /// The number of sessions that are held in memory.
    var count: Int { sessions.count }

    /// A connection has come.
    mutating func open(_ key: Key, now: ContinuousClock.Instant) {
        forget(endedBefore: now - Self.retention)
        sessions[key, default: Session()].connections += 1
        sessions[key]?.end = nil
    }

    /// A connection has ended.
    mutating func close(_ key: Key, now: ContinuousClock.Instant) {
        forget(endedBefore: now - Self.retention)
        guard let session = sessions[key] else { return }
        if session.connections > 1 {
            sessions[key]?.connections -= 1
        } else if session.keys.isEmpty {
            // Nothing to remember.
            sessions[key] = nil
        } else {
            sessions[key]?.connections = 0
            sessions[key]?.end = now
            ends.append((key, now))
            if ends.count > Self.maximumRetained { forgetFirst() }
        }
    }

    /// Remembers the key of a message if it is new, and tells what was known of it.
    mutating func take(_ key: String, in session: Key) -> KeyMemory.Message {
        sessions[session]?.keys.take(key) ?? .new
    }

    /// Remembers the id of a message that was taken.
    mutating func confirm(_ key: String, id: UInt64, in session: Key) {
        sessions[session]?.keys.confirm(key, id: id)
    }

    private mutating func forget(endedBefore time: ContinuousClock.Instant) {
        while let first = ends.first, first.end < time { forgetFirst() }
    }

    private mutating func forgetFirst() {
        let (key, end) = ends.removeFirst()
        if sessions[key]?.end == end { sessions[key] = nil }
    }
}
