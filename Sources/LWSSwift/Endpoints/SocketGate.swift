/// Decides about sockets as they are accepted, before anything is read from them: so that one address, for example, does not
/// take all there are without saying a word.
///
/// Which address that is tells ``WebSocketServer/Configuration/proxyProtocol``, if the proxies speak that; otherwise it is the
/// proxy's.
public struct SocketGate: Sendable {
    let admits: @Sendable (SocketAddress?) -> Bool
    let ended: @Sendable (SocketAddress?) -> Void

    /// - Parameters:
    ///   - admits: whether a socket is served; one that is not is closed at once. Called on a loop of the server, and must not
    ///     block.
    ///   - ended: called once for each socket that was admitted, with the same address, when it has gone. On any thread.
    public init(
        admits: @escaping @Sendable (SocketAddress?) -> Bool,
        ended: @escaping @Sendable (SocketAddress?) -> Void
    ) {
        self.admits = admits
        self.ended = ended
    }
}

/// A socket that a gate has admitted, for as long as it is there: whoever stands behind the socket holds this.
final class SocketAdmission: Sendable {
    private let gate: SocketGate
    private let address: SocketAddress?

    /// nil when the gate does not admit it.
    init?(_ gate: SocketGate, _ address: SocketAddress?) {
        guard gate.admits(address) else { return nil }
        self.gate = gate
        self.address = address
    }

    deinit {
        gate.ended(address)
    }
}
