internal import Logging

/// What all connections of one endpoint have in common, shared so that each costs one reference.
final class ConnectionSettings: Sendable {
    let limits: ConnectionLimits
    let compression: WebSocketCompression?
    let logger: Logger
    // The limits that are compared on the hot path, in the units of the loop's clock.
    let keepaliveInterval: UInt64?
    let keepaliveTimeout: UInt64
    let idleTimeout: UInt64?
    let messageTimeout: UInt64?
    let closeTimeout: UInt64
    let stallTimeout: UInt64

    init(limits: ConnectionLimits, compression: WebSocketCompression?, logger: Logger) {
        self.limits = limits
        self.compression = compression
        self.logger = logger
        keepaliveInterval = limits.keepalive?.interval.milliseconds
        keepaliveTimeout = limits.keepalive?.timeout.milliseconds ?? 0
        idleTimeout = limits.idleTimeout?.milliseconds
        messageTimeout = limits.messageTimeout?.milliseconds
        closeTimeout = limits.closeTimeout.milliseconds
        stallTimeout = limits.stallTimeout.milliseconds
    }
}
