import LWSSwift

/// Messages of somebody who is no member of the channel: all of them are taken, or none.
struct Posting: Sendable {
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
