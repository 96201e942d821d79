/// The number that tells the members of the chat apart: counted from 1, never used twice by one server.
struct ClientID: Hashable, Sendable, CustomStringConvertible {
    let number: UInt64

    /// Of all who publish without being a member.
    static let ofPublishers = ClientID(number: 0)

    var description: String { "\(number)" }
}

extension ClientID: Comparable {
    static func < (one: ClientID, other: ClientID) -> Bool { one.number < other.number }
}

/// A plain integer on the wire.
extension ClientID: Codable {
    init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(UInt64.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
