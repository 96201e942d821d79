/// A member as the others see it.
struct Member: Sendable, Hashable, Codable {
    var id: ClientID
    /// `Client <id>` for one that has taken none.
    var name: String

    init(id: ClientID, name: String) {
        (self.id, self.name) = (id, name)
    }

    /// One that has taken no name.
    init(id: ClientID) {
        self.init(id: id, name: "Client \(id)")
    }

    /// The name that it has taken; nil for none.
    var ownName: String? { name == Member(id: id).name ? nil : name }
}
