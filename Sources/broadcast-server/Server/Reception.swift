import LWSSwift

/// Where a server takes its clients in, as far as that is there before it, and how many of them are expected.
struct Reception: Sendable {
    /// Sockets that listen already; none when the server opens its own.
    var sockets = ListeningSockets()
    /// How many connections a server before it had; nil when it is not known that there was one.
    private var returningConnections: Int?

    /// How long clients come back that were not told when.
    private static let patience = Duration.seconds(30)

    init(_ sockets: ListeningSockets = ListeningSockets(), returningConnections: Int? = nil) {
        self.sockets = sockets
        self.returningConnections = returningConnections
        // In their queues those may wait who came while nobody was there.
        if !sockets.clients.isEmpty { expectsReturn() }
    }

    /// There was a server before, though nobody knows of how many.
    mutating func expectsReturn() {
        returningConnections = returningConnections ?? 0
    }

    /// How fast they are taken in at first; nil when nobody is expected.
    func pace(_ settings: DrainSettings) -> AcceptPace? {
        returningConnections.map { count in
            AcceptPace(perSecond: settings.rate, duration: Self.patience + .seconds(1) * count / settings.rate)
        }
    }
}
