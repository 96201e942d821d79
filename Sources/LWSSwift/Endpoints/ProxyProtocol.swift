/// The PROXY protocol, version 2, of proxies that pass on bytes and know nothing of HTTP: a connection begins with a header that
/// says in whose name it comes (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.2).
///
/// It is read ahead of TLS and HTTP, is no longer than 4 KiB, and has to be there within
/// ``ConnectionLimits/handshakeTimeout``. What it says beyond the source is passed over; when it names none that is known here,
/// as with the command LOCAL of a health check, the connection keeps its own address. One with another beginning is closed.
public struct ProxyProtocol: Sendable {
    let isExpected: @Sendable (SocketAddress?) -> Bool
    let onRefusal: @Sendable (SocketAddress?, String) -> Void

    /// Both closures are called on a loop of the server, and must not block.
    ///
    /// - Parameters:
    ///   - isExpected: whether connections from an address begin with a header, as those of the proxies do. All others are
    ///     served as they come. Only addresses that nobody else can have may be trusted.
    ///   - onRefusal: hears of a connection that was closed since its beginning was wrong, and in which way.
    public init(
        isExpected: @escaping @Sendable (SocketAddress?) -> Bool = { _ in true },
        onRefusal: @escaping @Sendable (SocketAddress?, String) -> Void = { _, _ in }
    ) {
        self.isExpected = isExpected
        self.onRefusal = onRefusal
    }
}
