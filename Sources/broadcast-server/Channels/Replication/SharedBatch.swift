/// What goes to a ``SharedLog`` as one: all of it has its place, or nothing.
struct SharedBatch: Sendable {
    let topic: SharedTopic
    /// It is put in once, however often it is sent with this.
    let id: BatchID
    let bytes: [UInt8]
}

/// Names a batch among all of a cluster: a node never gives a number twice.
struct BatchID: Sendable, Hashable {
    let node: NodeID
    let number: UInt64
}

extension BatchID: CustomStringConvertible {
    var description: String { "\(node).\(number)" }
}

/// A batch that has its place.
struct LoggedBatch: Sendable {
    let topic: SharedTopic
    let place: SharedPlace
    /// When it got that, by the log's clock: milliseconds since 1970-01-01 00:00 UTC, the same for all who read it.
    let time: Int64
    let bytes: [UInt8]
}

/// A place in the one order of a ``SharedLog``. Places need not follow one another in a topic.
struct SharedPlace: RawRepresentable, Sendable, Hashable, Comparable {
    /// From 1; 0 is before everything.
    let rawValue: UInt64

    static let beginning = SharedPlace(rawValue: 0)

    static func < (one: SharedPlace, other: SharedPlace) -> Bool { one.rawValue < other.rawValue }
}
