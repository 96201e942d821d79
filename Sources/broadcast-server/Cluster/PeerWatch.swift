/// Which other nodes are there, by the signs of life that come from them. Pure: no clock.
struct PeerWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// For how long one may be silent.
    let silence: Duration
    private var lastHeard: [NodeID: Instant] = [:]
    /// Whether this node could hear the others.
    private var canHear = true

    init(silence: Duration) {
        self.silence = silence
    }

    var nodes: Set<NodeID> { Set(lastHeard.keys) }

    /// A node has given a sign of life.
    ///
    /// - Returns: whether it was not known.
    mutating func heard(_ node: NodeID, now: Instant) -> Bool {
        lastHeard.updateValue(now, forKey: node) == nil
    }

    /// A node has said that it goes.
    ///
    /// - Returns: whether it was known.
    mutating func left(_ node: NodeID) -> Bool {
        lastHeard.removeValue(forKey: node) != nil
    }

    /// This node has lost its own connection, or has it again: of the time between it knows nothing.
    mutating func setHearing(_ canHear: Bool, now: Instant) {
        guard canHear != self.canHear else { return }
        self.canHear = canHear
        for node in lastHeard.keys { lastHeard[node] = now }
    }

    /// Those that have been silent for too long, who are not known from now on.
    mutating func takeSilent(now: Instant) -> [NodeID] {
        guard canHear else { return [] }
        let silent = lastHeard.filter { $0.value.duration(to: now) >= silence }.keys.sorted()
        for node in silent { lastHeard.removeValue(forKey: node) }
        return silent
    }
}
