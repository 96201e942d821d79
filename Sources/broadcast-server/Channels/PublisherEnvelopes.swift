import LWSSwift

/// What stands around the words of those who publish in a channel without being a member, by their names. It is kept for the
/// latest few, since the history holds on to it for each message: one for all of an author is nothing, one for each is much.
struct PublisherEnvelopes {
    static let capacity = 32

    private var envelopes = RecencyMap<String, BroadcastEnvelope>()

    mutating func envelope(of name: String, make: () -> BroadcastEnvelope) -> BroadcastEnvelope {
        if let known = envelopes[name] {
            envelopes.touch(name)
            return known
        }
        if envelopes.count == Self.capacity { envelopes.removeFirst() }
        let made = make()
        envelopes[name] = made
        return made
    }
}
