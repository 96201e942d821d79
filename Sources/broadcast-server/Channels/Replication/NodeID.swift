/// Which process of a cluster: a random number, so that one that starts again is another one.
struct NodeID: RawRepresentable, Sendable, Hashable, Comparable {
    let rawValue: UInt64

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(using generator: inout some RandomNumberGenerator) {
        rawValue = UInt64.random(in: 1...UInt64.max, using: &generator)
    }

    /// Of a server without a cluster.
    static let alone = NodeID(rawValue: 0)

    static func < (one: NodeID, other: NodeID) -> Bool { one.rawValue < other.rawValue }
}

extension NodeID: CustomStringConvertible {
    var description: String { String(rawValue, radix: 36) }
}
