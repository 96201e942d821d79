import LWSSwift

/// Who may connect, and how.
struct NetworkSettings: Equatable, Sendable {
    /// Which web pages may connect.
    var origins = OriginPolicy()
    /// The certificate for wss://; nil for ws://.
    var tls: TLSServerConfiguration?
    /// When to ask whether a silent client is there; nil for never.
    var keepalive: ConnectionLimits.Keepalive? = .init()

    /// - Throws: a failure that names the variable or the flag that is wrong or missing.
    init(flags: NetworkFlags, environment: Environment) throws(Failure) {
        origins.exceptions = Set(flags.allowOrigin)
        if flags.allowOrigin.isEmpty { origins.exceptions = try environment.allowOrigin() ?? [] }
        var interval = flags.pingInterval
        if interval == nil { interval = try environment.pingInterval() }
        if let interval {
            keepalive = interval == .zero ? nil : .init(interval: interval)
        }
        switch (flags.tlsCert ?? environment.tlsCert(), flags.tlsKey ?? environment.tlsKey()) {
        case (nil, nil): break
        case (let certificate?, let key?):
            tls = TLSServerConfiguration(certificateChainFile: certificate, privateKeyFile: key)
        default: throw Failure(.usage, "--tls-cert and --tls-key need each other, as do their variables. Give both.")
        }
    }

    /// Sets what the WebSocket server itself looks after.
    func apply(to configuration: inout WebSocketServer.Configuration) {
        configuration.tls = tls
        configuration.limits.keepalive = keepalive
    }
}
