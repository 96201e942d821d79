import LWSSwift
import Logging

extension Limits {
    /// Has a server ask for what it has to know before anything is served: whose a socket is, and whether there is room for it.
    func apply(to configuration: inout WebSocketServer.Configuration, refusals: RefusalLog) {
        let limits = self
        // What counts is asked with each handshake, since it may change; this is what there is room for.
        configuration.maximumConnections = max(configuration.maximumConnections, settings.maximumConnections)
        configuration.gate = SocketGate(
            admits: { address in
                let isAdmitted = limits.admitsSocket(address)
                if !isAdmitted {
                    refusals.log(address) {
                        "Refused a socket\(address.map { " of \($0)" } ?? ""): its address has too many."
                    }
                }
                return isAdmitted
            },
            ended: limits.socketEnded
        )
        configuration.clientAddress = { peer, field in
            let (trusted, forwarded) = limits.proxies
            guard !trusted.isEmpty else { return peer }
            return forwarded.client(of: peer, trusted, field(forwarded.name))
        }
        guard settings.readsProxyHeader else { return }
        configuration.proxyProtocol = ProxyProtocol(
            isExpected: { address in
                let trusted = limits.proxies.trusted
                return trusted.isEmpty || trusted.contains(address)
            },
            onRefusal: { address, reason in
                limits.countBadProxyHeader()
                refusals.log(address) { "Refused a socket\(address.map { " of \($0)" } ?? ""): \(reason)." }
            }
        )
    }
}
