import LWSSwift

/// What a member of a channel is reached by: a connection, on this node or on another one. Two are the same when they have one
/// ``id``, on whatever node they are compared.
struct MemberLink: Sendable, Equatable {
    let id: LinkID
    /// nil on all nodes but the one that has it.
    let connection: BroadcastSubscriber?
    /// When it was made, by the clock of its node: milliseconds since 1970-01-01 00:00 UTC.
    var since: Int64 = 0

    static func == (one: MemberLink, other: MemberLink) -> Bool { one.id == other.id }
}

/// Names a connection among those of all nodes.
struct LinkID: Sendable, Hashable {
    let node: NodeID
    /// A node never gives one twice.
    let number: UInt64
}
