/// What a connection is made to, and what it asks for.
struct Destination: Equatable, Sendable {
    let url: ChannelURL
    /// A subprotocol to offer besides the others, which tells the session; not for logs.
    let sessionOffer: String?
}
