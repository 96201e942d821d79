/// What became of one message of a posting.
struct Posted: Sendable, Equatable {
    let receipt: Receipt
    /// Whether it had come before, with the same key, and was not taken again.
    let isDuplicate: Bool
}

/// Why nothing of a posting was taken, or not as it was to be.
enum PostingFault: Error, Equatable {
    /// There are too many channels: of the address, or in all.
    case noRoom(isOfAddress: Bool)
    /// More messages come than may: it may be said again after so many seconds.
    case tooFast(Int)
    /// The server is being stopped.
    case stopped
    /// The key came before with something else.
    case keyWasUsed(MessageKey)
    /// All of it was sent and has its place, but the disk did not take it. What comes again with its key is only stored then.
    case notStored
    /// The cluster has not taken it in time.
    case unavailable
}
