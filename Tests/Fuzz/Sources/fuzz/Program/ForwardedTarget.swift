import LWSSwift

// In the fuzzer the files of the fields belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// Whatever a client writes in front, the proxy's own word counts; and networks can be read, whatever they are.
    static let forwarded = FuzzTarget("forwarded") { bytes throws(Violation) in
        let text = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
        if let network = AddressNetwork(text),
            let address = text.split(separator: "/").first.flatMap({ NumericAddress($0) })
        {
            try require(network.contains(address), "\(text) is not in itself")
        }
        if let address = NumericAddress(text) {
            try require(NumericAddress(address.text) == address, "\(text) is \(address.text)")
            try require(ForwardedNode(Substring(text))?.address == address, "\(text) is no node")
        }
        guard let proxy = AddressNetwork("10.0.0.0/8") else { return }
        let trusted = AddressNetworks([proxy])
        let peer = SocketAddress(host: "10.0.0.1", port: 1)
        for field in ForwardedField.allCases {
            let own = field == .forwarded ? "for=192.0.2.1" : "192.0.2.1"
            let client = field.client(of: peer, trusted, "\(text), \(own)")
            try require(client?.host == "192.0.2.1", "\(field) of \(text) is \(client?.host ?? "none")")
            let any = field.client(of: peer, trusted, text)
            try require(any != nil && any?.port != nil, "\(field) of \(text) has no address")
            try require(field.client(of: any, AddressNetworks(), text) == any, "a stranger is believed")
        }
    }
}
