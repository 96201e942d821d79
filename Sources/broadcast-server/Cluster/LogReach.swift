/// Whether a node reaches its log: not without a connection, and not while nothing of what waits is stored, since no server
/// leads the stream or the one that does stands still. A node that has nothing to store cannot know. Pure: no clock.
struct LogReach: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What is told of it: the one after the other.
    enum News: Equatable {
        case away(String)
        case back
    }

    /// For how long nothing may be stored while something waits: a leader that works takes a small part of it.
    static let patience = Duration.seconds(2)

    private var lossOfConnection: String?
    private var lossOfLeader: String?
    /// Since when nothing has been stored, though something waits.
    private var waitingSince: Instant?
    /// Why the last try has failed, if that was said.
    private var lastReason: String?
    private var wasToldAway = false

    var isConnected: Bool { lossOfConnection == nil }
    /// Whether nothing is stored, though there is a connection.
    var isLeaderless: Bool { isConnected && lossOfLeader != nil }
    /// Whether ``takeNews()`` has something.
    var hasNews: Bool { (reason != nil) != wasToldAway }

    private var reason: String? { lossOfConnection ?? lossOfLeader }

    mutating func disconnected(_ reason: String) {
        lossOfConnection = reason
    }

    /// What a leader had to do before does not count.
    mutating func reconnected(now: Instant) {
        (lossOfConnection, lastReason) = (nil, nil)
        if waitingSince != nil { waitingSince = now }
    }

    /// Whether anything waits for being stored.
    mutating func noteWaiting(_ isWaiting: Bool, now: Instant) {
        guard isWaiting else { return waitingSince = nil }
        if waitingSince == nil { (waitingSince, lastReason) = (now, nil) }
    }

    /// A try has failed.
    mutating func failed(_ reason: String) {
        lastReason = reason
    }

    /// Something was stored, or who leads the stream has answered while nothing waits.
    mutating func stored(now: Instant) {
        (lossOfLeader, lastReason) = (nil, nil)
        if waitingSince != nil { waitingSince = now }
    }

    /// Looks at the time.
    mutating func look(now: Instant) {
        guard reason == nil, let waitingSince, waitingSince.duration(to: now) > Self.patience else { return }
        lossOfLeader = lastReason ?? "no server leads the stream"
    }

    /// What has changed since this was asked last, which is to be told.
    mutating func takeNews() -> News? {
        guard hasNews else { return nil }
        wasToldAway.toggle()
        return reason.map(News.away) ?? .back
    }
}
