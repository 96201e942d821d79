import DequeModule
import LWSSwift

/// The connections that ended last, for whoever asks why somebody is gone. May be used on any thread.
final class ClosedConnections: Sendable {
    /// Two megabytes of them.
    static let maximumCount = 10_000

    private let connections = Monitor<Deque<ClosedConnection>>([])

    func add(_ connection: ClosedConnection) {
        connections.withLock { connections in
            if connections.count == Self.maximumCount { connections.removeFirst() }
            connections.append(connection)
        }
    }

    /// From the latest to the oldest.
    var latest: [ClosedConnection] { connections.withLock { $0.reversed() } }
}

/// A connection that has ended.
struct ClosedConnection: Sendable {
    let connection: ConnectionSample
    /// When, in milliseconds since 1970-01-01 00:00 UTC.
    let time: Int64
    /// nil for a stream of events.
    let code: WebSocketCloseCode?
    let reason: String

    init(_ connection: ConnectionSample, time: Int64, _ code: WebSocketCloseCode?, _ reason: String) {
        self.connection = connection
        self.time = time
        self.code = code
        self.reason = reason
    }
}
