import LWSSwift

/// Whom an option names by addresses and networks, such as the proxies that are believed.
struct AddressNetworks: Sendable, Equatable {
    private let networks: Set<AddressNetwork>

    init(_ networks: [AddressNetwork] = []) {
        self.networks = Set(networks)
    }

    var isEmpty: Bool { networks.isEmpty }

    func contains(_ address: NumericAddress) -> Bool {
        networks.contains { $0.contains(address) }
    }

    func contains(_ address: SocketAddress?) -> Bool {
        guard !networks.isEmpty, let address, address.port != nil else { return false }
        return NumericAddress(address.host).map(contains) ?? false
    }
}
