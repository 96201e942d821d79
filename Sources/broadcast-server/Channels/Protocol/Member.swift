/// A member as the others see it.
struct Member: Sendable, Equatable, Codable {
    var id: ClientID
    /// `Client <id>` for one that has taken none.
    var name: String
}
