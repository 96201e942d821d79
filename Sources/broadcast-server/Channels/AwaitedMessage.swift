import LWSSwift

/// A message that has its place, and that somebody wants to be on the disk.
struct AwaitedMessage: Sendable {
    /// What became of it in memory.
    let receipt: Receipt
    /// Of the message itself.
    let byteCount: Int
    /// What it came with; nil for none, or when it is another message's of the same posting.
    let key: SpentKey?

    /// Its number in the order of the channel.
    var number: UInt64 { BroadcastGroup.Position(receipt.id.rawValue)?.number ?? 0 }
}
