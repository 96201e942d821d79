/// What does not come: that behind `from`, up to and including `to`.
struct Gap: Sendable, Equatable, Codable {
    /// Why it does not. Open, as later servers may have further reasons.
    struct Reason: RawRepresentable, Sendable, Hashable, Codable {
        let rawValue: String

        /// It is not kept any more.
        static let expired = Reason(rawValue: "expired")
        /// The client's position belongs to another run of numbers.
        static let epoch = Reason(rawValue: "epoch")
        /// The client's position is ahead of the channel.
        static let future = Reason(rawValue: "future")
        /// What the client gave for a position is none.
        static let malformed = Reason(rawValue: "malformed")
        /// The client did not keep up.
        static let slow = Reason(rawValue: "slow")
        /// The client may not have what was said before.
        static let forbidden = Reason(rawValue: "forbidden")
    }

    /// How far a slow client was behind.
    struct Lag: Sendable, Equatable, Codable {
        var bytes: Int
        var milliseconds: Int64
    }

    /// The client's position; nil when it was none.
    var from: PositionText?
    var to: PositionText
    /// How many messages of others are missing; nil when that cannot be known.
    var missing: UInt64?
    var reason: Reason
    /// Of a client that is too slow.
    var behind: Lag?
}
