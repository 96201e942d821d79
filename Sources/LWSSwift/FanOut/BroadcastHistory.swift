extension BroadcastGroup {
    /// How much of what was sent a group keeps, for members that come back or want to see what was said before.
    ///
    /// What was sent is kept once, in neutral form, whatever the formats and on however many loops. The oldest goes first.
    public struct History: Sendable {
        /// How many publications; 0 to keep none.
        public var maximumMessages: Int
        /// Bytes of publications, each counted with 64 more, and with 512 more where many envelopes take turns; at most one
        /// small block more is held. 0 to keep none. One that is larger than all is not kept, and nothing before it.
        public var maximumBytes: Int
        /// How old the oldest may be; nil for any age. Looked at when something is sent or asked for, and by
        /// ``BroadcastGroup/trimHistory()``.
        public var maximumAge: Duration?
        /// What this and other groups may keep together; nil for any number of bytes.
        public var budget: HistoryBudget?
        /// Whether numbers are given that do not follow one another (``BroadcastGroup/Place``), so that nobody can tell from
        /// two of them whether something was between.
        public var hasHoles: Bool

        public init(
            maximumMessages: Int = 1_000,
            maximumBytes: Int = 1 << 20,
            maximumAge: Duration? = .seconds(24 * 60 * 60),
            budget: HistoryBudget? = nil,
            hasHoles: Bool = false
        ) {
            self.maximumMessages = maximumMessages
            self.maximumBytes = maximumBytes
            self.maximumAge = maximumAge
            self.budget = budget
            self.hasHoles = hasHoles
        }

        /// Keeps nothing, and costs nothing.
        public static let none = History(maximumMessages: 0, maximumBytes: 0)

        var isKept: Bool { maximumMessages > 0 && maximumBytes > 0 }

        /// Whether a publication of so many bytes is kept at all, until later ones take its place.
        public func keeps(byteCount: Int) -> Bool {
            isKept && byteCount <= min(maximumBytes, RecordLog.largestRecord) - RecordLog.overhead
        }

        func validate() throws(WebSocketError) {
            try SettingRules.require(maximumMessages >= 0, "history.maximumMessages must not be negative.")
            try SettingRules.require(maximumBytes >= 0, "history.maximumBytes must not be negative.")
            try SettingRules.requirePositive(maximumAge, "history.maximumAge")
        }
    }

    /// What of its history a member is sent when it joins.
    public enum Replay: Sendable, Hashable {
        /// What was sent behind a position: for one that comes back.
        case after(Position)
        /// The last so many publications, or as many as are kept.
        case last(Int)
        /// Everything that is kept.
        case everything
    }

    /// What a join with a ``Replay`` came to.
    public struct Resumption: Sendable, Hashable {
        /// Everything behind this is sent to the member.
        public let start: Position
        /// Where the group was at the join: what is behind it comes as it is sent.
        public let end: Position
        /// What of the wanted does not come; nil when nothing is missing.
        public let missing: Missing?

        /// Why something is missing.
        public enum Missing: Sendable, Hashable {
            /// So many publications are kept no longer; `UInt64.max` where that cannot be known (``History/hasHoles``).
            case expired(count: UInt64)
            /// The position belongs to another run of numbers. What is kept is sent.
            case otherEpoch
            /// The position is ahead of the group. Nothing is replayed.
            case ahead
        }
    }
}
