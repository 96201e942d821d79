/// The number that tells the members of the chat apart: counted from 1, never used twice by one server.
struct ClientID: Hashable, Sendable, CustomStringConvertible {
    let number: UInt64

    var description: String { "\(number)" }
}
