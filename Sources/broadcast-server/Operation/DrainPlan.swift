import LWSSwift

/// How those who are here are sent away, and when each is to come back: in slots, one after another, so that whoever takes them
/// in gets so many in a second and no more.
struct DrainPlan: Equatable, Sendable {
    /// What comes after.
    enum Sequel: Equatable, Sendable {
        /// Others serve the same channels, to whom each can go in its slot, and stays here until then.
        case others
        /// This server is started anew, or not: who can be told goes now, and comes back in its slot.
        case restart
        /// Another process takes its place at once, and takes no more in than it should: all go now.
        case successor
    }

    var sequel: Sequel
    /// How long to go on as before, while nobody is sent here any more.
    var delay = Duration.zero
    /// How many come back in a second.
    var rate: Int
    /// Over how long a time they are spread, in place of the rate.
    var span: Duration?

    /// What a server takes to start, before which nobody need come back.
    private static let startTime = Duration.seconds(1)

    /// When the first comes back who is told.
    var firstReturn: Duration { sequel == .restart ? Self.startTime : .zero }

    /// The time of each, from the first on.
    ///
    /// - Parameter count: how many there are.
    func slots(_ count: Int) -> [Duration] {
        let interval = span.map { $0 / max(count, 1) } ?? .seconds(1) / max(rate, 1)
        return (0..<count).map { interval * $0 }
    }

    /// How long that may take, with so many.
    func patience(_ count: Int) -> Duration {
        delay + (slots(count).last ?? .zero) + .seconds(30)
    }

    /// Whether one stays until its slot.
    ///
    /// - Parameter isTold: it can be told when to come back.
    func keepsUntilSlot(isTold: Bool) -> Bool {
        switch sequel {
        case .others: true
        case .restart: !isTold
        case .successor: false
        }
    }
}
