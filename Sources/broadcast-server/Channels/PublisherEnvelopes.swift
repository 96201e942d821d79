import LWSSwift

/// What stands around the words of those who publish in a channel without having a connection here. It is kept for the
/// latest few, since the history holds on to it for each message: one for all of an author is nothing, one for each is much.
struct PublisherEnvelopes {
    static let capacity = 64

    private var envelopes = RecencyMap<Member, BroadcastEnvelope>()

    mutating func envelope(of author: Member, make: () -> BroadcastEnvelope) -> BroadcastEnvelope {
        envelopes.value(of: author, atMost: Self.capacity, make: make)
    }
}
