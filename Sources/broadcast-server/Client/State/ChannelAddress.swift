/// A server and a channel on it, to compare with others: ``ChannelURL/address`` makes it.
struct ChannelAddress: Hashable, Sendable, CustomStringConvertible {
    let description: String

    /// - Parameter description: of one that was made before.
    init(_ description: String) {
        self.description = description
    }
}
