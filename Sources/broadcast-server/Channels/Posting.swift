import LWSSwift

/// Messages of somebody who is no member of the channel: all of them are taken, or none.
struct Posting: Sendable {
    /// How many messages there may be. No more than there are keys kept, so that each is still known when the last of them
    /// is taken.
    static let maximumCount = KeyMemory.capacityOfPublishers

    struct Message: Sendable, Equatable {
        let content: WebSocketMessage
        /// Who says it.
        let name: String
    }

    /// What is taken once, however often it comes with its key.
    struct Parcel: Sendable, Equatable {
        let messages: [Message]
        let key: MessageKey?
    }

    let parcels: [Parcel]
    /// Whether it is to be on the disk before it is acknowledged.
    var isDurable = false
}

extension Posting.Parcel {
    /// Tells it apart from another parcel that comes with its key.
    var contentHash: UInt64 {
        var hash = StableHash()
        for message in messages {
            hash.combine(message.content.kind == .text ? [1] : [2])
            hash.combine(message.name.utf8)
            // No UTF-8 has this byte: the name ends here, and the message there.
            hash.combine([0xFF])
            hash.combine(message.content.bytes)
            hash.combine([0xFF])
        }
        return hash.value
    }
}

/// What became of one message of a posting.
struct Posted: Sendable, Equatable {
    let receipt: Receipt
    /// Whether it had come before, with the same key, and was not taken again.
    let isDuplicate: Bool
}

/// Why nothing of a posting was taken, or not as it was to be.
enum PostingFault: Error, Equatable {
    /// There are too many channels.
    case noRoom
    /// The server is being stopped.
    case stopped
    /// The key came before with something else.
    case keyWasUsed(MessageKey)
    /// All of it was sent and has its place, but the disk did not take it. What comes again with its key is only stored then.
    case notStored
    /// The cluster has not taken it in time.
    case unavailable
}
