import LWSSwift

/// What somebody wants to see of the connections.
struct ConnectionQuery: Sendable, Equatable {
    static let defaultLimit = 10_000
    static let limits = 1...100_000

    var filter = ConnectionFilter()
    var order = ConnectionOrder.id
    var limit = defaultLimit
}

/// What connections are sorted by.
enum ConnectionOrder: String, Sendable, CaseIterable {
    case id, since, channel, name, subject, address
    /// The most first.
    case messages, backlog, lag

    /// Which of two comes first; equal ones in order of their ids.
    func areInOrder(_ one: ConnectionSample, _ other: ConnectionSample) -> Bool {
        switch self {
        case .id: (one.id, one.number) < (other.id, other.number)
        case .since: (one.since, one.id) < (other.since, other.id)
        case .channel: (one.channel.text, one.id) < (other.channel.text, other.id)
        case .name: (one.name, one.id) < (other.name, other.id)
        // Who has none comes last.
        case .subject: (one.subject ?? "\u{10FFFF}", one.id) < (other.subject ?? "\u{10FFFF}", other.id)
        case .address: (one.address?.description ?? "", one.id) < (other.address?.description ?? "", other.id)
        case .messages: (other.sent.messages, one.id) < (one.sent.messages, other.id)
        case .backlog: (other.backlog, one.id) < (one.backlog, other.id)
        case .lag: (other.lag, one.id) < (one.lag, other.id)
        }
    }
}
