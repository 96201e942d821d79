import LWSSwift

/// Who may connect, and how.
struct NetworkSettings: Equatable, Sendable {
    /// Which web pages may connect, and by which names of the server.
    var doors = NetworkDoors()
    /// Where orders of whoever runs the server are taken; nil for nowhere.
    var adminSocket: String?
    /// The certificate for wss://; nil for ws://.
    var tls: TLSServerConfiguration?
    /// When to ask whether a silent client is there; nil for never.
    var keepalive: ConnectionLimits.Keepalive? = .init()

    /// - Throws: a failure that names what is wrong or missing.
    init(flags: StartFlags, environment: Environment) throws(Failure) {
        doors.origins.exceptions = try Set(environment.value(\.allowOrigin, flags.allowOrigin))
        doors.metricsReaders = AddressNetworks(try environment.value(\.metricsAllow, flags.metricsAllow))
        adminSocket = try environment.value(\.adminSocket, flags.adminSocket)
        let interval = try environment.value(\.pingInterval, flags.pingInterval).duration
        keepalive = interval == .zero ? nil : .init(interval: interval)
        let certificate = try environment.value(\.tlsCert, flags.tlsCert)
        let key = try environment.value(\.tlsKey, flags.tlsKey)
        switch (certificate, key) {
        case (nil, nil): break
        case (let certificate?, let key?):
            tls = TLSServerConfiguration(certificateChainFile: certificate, privateKeyFile: key)
        default:
            let message = "--tls-cert and --tls-key need each other, however they are said. Give both."
            try environment.refuse(message, about: ServerOptions.table.tlsCert, ServerOptions.table.tlsKey)
        }
    }

    /// Sets what the WebSocket server itself looks after.
    func apply(to configuration: inout WebSocketServer.Configuration) {
        configuration.tls = tls
        configuration.limits.keepalive = keepalive
    }
}
