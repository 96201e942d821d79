import LWSSwift

/// Which connections somebody means: those that are all that is said.
struct ConnectionFilter: Sendable, Equatable {
    var id: ClientID?
    var channel: ChannelName?
    var subject: String?
    var address: AddressFilter?

    var isEmpty: Bool { self == ConnectionFilter() }

    func matches(_ id: ClientID, _ channel: ChannelName, _ subject: String?, _ address: SocketAddress?) -> Bool {
        self.id.map { $0 == id } ?? true && self.channel.map { $0 == channel } ?? true
            && self.subject.map { $0 == subject } ?? true && self.address?.matches(address) ?? true
    }

    func matches(_ connection: ConnectionSample) -> Bool {
        matches(connection.id, connection.channel, connection.subject, connection.address)
    }

    func matches(_ member: Participant) -> Bool {
        matches(member.seat.id, member.channel.name, member.principal.subject, member.address)
    }
}

/// Where connections come from: an address, a network, an address with its port, or `unix`.
enum AddressFilter: Sendable, Equatable {
    case network(AddressNetwork)
    case socket(String)

    init?(_ text: String) {
        if let network = AddressNetwork(text) {
            self = .network(network)
        } else {
            guard text == "unix" || text.last?.isNumber == true, text.contains(":") || text == "unix" else {
                return nil
            }
            self = .socket(text)
        }
    }

    func matches(_ address: SocketAddress?) -> Bool {
        guard let address else { return false }
        switch self {
        case .network(let network):
            guard address.port != nil, let number = NumericAddress(address.host.prefix { $0 != "%" }) else {
                return false
            }
            return network.contains(number)
        case .socket(let text): return address.description == text
        }
    }
}
