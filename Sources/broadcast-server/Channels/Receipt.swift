import LWSSwift

/// What became of a message.
struct Receipt: Sendable, Equatable {
    /// Its position in the channel.
    let id: PositionText
    /// The members that it was for when it got its place.
    let receivers: Int
    /// Where it is kept, as far as this is known.
    var stored = Stored.memory

    /// That of the message when the disk has it.
    var onDisk: Receipt { Receipt(id: id, receivers: receivers, stored: .disk) }

    /// That of a message in the log of the cluster.
    static func inCluster(_ position: BroadcastGroup.Position, receivers: Int) -> Receipt {
        Receipt(id: PositionText(position), receivers: receivers, stored: .cluster)
    }

    /// That of the message so many places behind this one, which was sent with it.
    func following(_ offset: Int) -> Receipt {
        guard offset > 0, let first = BroadcastGroup.Position(id.rawValue) else { return self }
        let position = BroadcastGroup.Position(epoch: first.epoch, number: first.number + UInt64(offset))
        return Receipt(id: PositionText(position), receivers: receivers, stored: stored)
    }
}
