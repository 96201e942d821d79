/// Something that a client should know, and that needs nothing done.
struct Notice: Sendable, Equatable, Codable {
    /// What it is about. Open, as later servers may tell more.
    struct Code: RawRepresentable, Sendable, Hashable, Codable {
        let rawValue: String

        /// What the client sends is taken more slowly than it sends it; nothing is lost.
        static let slowed = Code(rawValue: "slowed")
    }

    var code: Code
    /// One line for people.
    var message: String

    static let slowed = Notice(
        code: .slowed,
        message: "You send faster than the server takes: it takes the rest more slowly, and nothing is lost."
    )
}
