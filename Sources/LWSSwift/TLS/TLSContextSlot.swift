/// The TLS context that a server's new connections get, which may be replaced at any time, on any thread.
final class TLSContextSlot: Sendable {
    private let slot: Lock<TLSContext>

    init(_ context: TLSContext) {
        slot = Lock(context)
    }

    var current: TLSContext { slot.withLock { $0 } }

    /// Makes a context of the configuration and puts it in the place of the current one, or throws and leaves that.
    /// Connections that exist keep theirs.
    ///
    /// Blocks while files are read. Sessions go on resuming, unless other client certificates are asked for than before.
    func replace(_ configuration: TLSServerConfiguration) throws(WebSocketError) -> TLSContext {
        let context = try TLSContext.server(configuration, after: current)
        slot.withLock { $0 = context }
        return context
    }
}
