internal import HTTPTypes

/// The request to a proxy for a way through to a server, and what its answer means (RFC 9110 section 9.3.6). Pure.
struct ProxyTunnel {
    let route: ProxyRoute
    /// `host:port` of the server; the port must be there (RFC 9112 section 3.2.3).
    let destination: String

    init(_ route: ProxyRoute, host: String, port: Int) {
        self.route = route
        destination = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    var request: [UInt8] {
        let authorization = route.authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? ""
        return Array("CONNECT \(destination) HTTP/1.1\r\nHost: \(destination)\r\n\(authorization)\r\n".utf8)
    }

    /// nil when the way is open; what follows the head is then from the server.
    func refusal(_ head: ResponseHead) -> WebSocketError? {
        switch head.status {
        case 200...299:
            return nil
        case 407:
            let hint =
                route.authorization == nil
                ? "give the proxy's URL a user name and a password" : "check the user name and the password of its URL"
            return WebSocketError(.proxy, "The proxy at \(route.authority) asks for credentials: \(hint).")
        default:
            return WebSocketError(
                .proxy,
                "The proxy at \(route.authority) does not connect to \(destination): it answered with status "
                    + "\(head.status)."
            )
        }
    }
}
