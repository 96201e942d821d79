/// What all groups of a loop have done for members of one format (``BroadcastGroup/Configuration/formats``).
public struct BroadcastFigures: Sendable, Hashable {
    /// A number of messages, and of their bytes.
    public struct Amount: Sendable, Hashable {
        public internal(set) var messages = 0
        public internal(set) var bytes = 0

        public init() {}

        static func += (left: inout Amount, right: Amount) {
            left.messages += right.messages
            left.bytes += right.bytes
        }
    }

    /// Publications of such members in groups whose first loop this is, as they came.
    public internal(set) var published = Amount()
    /// What became of publications for such members of the loop.
    public internal(set) var deliveries = BroadcastDeliveries()
    /// Bytes that were handed to their connections, frames and announcements and what was replayed included; what was for one
    /// alone is not among it.
    public internal(set) var sentBytes = 0
    /// How many there are.
    public internal(set) var memberCount = 0
    /// How many bytes the one that is most behind has not been sent.
    public internal(set) var mostBytesBehind = 0
    /// For how long the oldest message has waited that one of them has not been sent, to the tenth of a second.
    public internal(set) var longestTimeBehind = Duration.zero

    public init() {}

    /// Those of several loops, or formats, together; how far behind is that of one of them.
    public static func + (left: BroadcastFigures, right: BroadcastFigures) -> BroadcastFigures {
        var sum = left
        sum.published += right.published
        sum.deliveries = left.deliveries + right.deliveries
        sum.sentBytes += right.sentBytes
        sum.memberCount += right.memberCount
        sum.mostBytesBehind = max(left.mostBytesBehind, right.mostBytesBehind)
        sum.longestTimeBehind = max(left.longestTimeBehind, right.longestTimeBehind)
        return sum
    }
}
