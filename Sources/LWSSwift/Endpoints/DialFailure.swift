internal import Glibc
internal import HTTPTypes

/// Says why a dial has failed, in words that tell what to do.
struct DialFailure {
    let target: ClientURL
    let route: ProxyRoute?

    /// What was connected to: the server, or the proxy on the way to it.
    private var place: String {
        if let route { return "the proxy at \(route.authority)" }
        if case .unix(let path) = target.destination { return path }
        return target.authority
    }

    /// The same at the beginning of a sentence.
    private var subject: String { route == nil ? place : "The proxy at \(route!.authority)" }

    /// No address could be connected to.
    ///
    /// - Parameter numbers: the errno of each.
    func connecting(_ numbers: [Int32]) -> WebSocketError {
        // The one that tells most: somebody was there, and did not want us.
        if let number = numbers.first(where: { $0 == ECONNREFUSED || $0 == ENOENT }) {
            let why = number == ENOENT ? "there is no such socket" : "the connection was refused"
            let hint =
                route == nil
                ? "Start the server, or check host and port." : "Check the proxy's URL; no_proxy names hosts without."
            let who = route == nil ? "No server listens at \(place)" : "No proxy listens at \(route!.authority)"
            return WebSocketError(.connectionRefused, "\(who): \(why). \(hint)")
        }
        if numbers.contains(where: { $0 == EACCES || $0 == EPERM }) {
            return WebSocketError(.permissionDenied, "Connecting to \(place) is not permitted.")
        }
        guard let number = numbers.first else {
            return WebSocketError(.unreachable, "\(subject) cannot be reached: it has no address.")
        }
        let code: WebSocketError.Code =
            switch number {
            case ETIMEDOUT: .timedOut
            // Of this process, not of the way to the server.
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: .system
            default: .unreachable
            }
        return WebSocketError(code, "\(subject) cannot be reached: \(SystemError(number)).")
    }

    func tls(_ reason: String) -> WebSocketError {
        WebSocketError(.tls, "TLS with \(target.authority) failed: \(reason).")
    }

    /// The proxy's answer was none.
    func tunneling(_ reason: String) -> WebSocketError {
        WebSocketError(.proxy, "The answer of \(place) is not valid: \(reason).")
    }

    /// The server's answer breaks the rules.
    func invalid(_ reason: String) -> WebSocketError {
        WebSocketError(
            .invalidHandshake,
            "The server at \(target.authority) gave no valid WebSocket handshake: \(reason)."
        )
    }

    /// The server's answer is not one of HTTP, or there was none.
    ///
    /// - Parameter showsCertificate: whether the client had one to show.
    func unanswered(_ reason: String, showsCertificate: Bool) -> WebSocketError {
        let hint =
            switch (target.isSecure, showsCertificate) {
            case (false, _): "It may expect TLS (wss), or be no WebSocket server."
            case (true, false): "It may ask for a client certificate, or be no WebSocket server."
            case (true, true): "It may not accept the client certificate, or be no WebSocket server."
            }
        return WebSocketError(
            .invalidHandshake,
            "The server at \(target.authority) gave no valid WebSocket handshake: \(reason). \(hint)"
        )
    }

    /// The server answered with another status than 101.
    func refused(_ head: ResponseHead, body: [UInt8], redirects: String? = nil) -> WebSocketError {
        let text = String(decoding: body, as: UTF8.self)
        let location = head.fields[.location]
        let hint =
            if let redirects {
                ": \(redirects)"
            } else if let location, Redirect.isRedirect(status: head.status) {
                ": it sends the client to \(Redirect.shown(location))"
            } else {
                text.isEmpty ? "" : ": \(text.prefix(200))"
            }
        return WebSocketError(
            .handshakeRejected,
            "The server at \(target.authority) refused the handshake with status \(head.status)\(hint)",
            rejection: .init(status: head.status, bodyPrefix: text, location: location)
        )
    }

    /// Nothing more was heard in time.
    func late(_ stage: DialSocket.Stage?) -> WebSocketError {
        let what =
            switch stage {
            case .handshaking, .refused: "The server at \(target.authority) did not answer the handshake in time."
            case .tunneling: "The answer of \(place) did not come in time."
            case .securing: "The server at \(target.authority) did not finish the TLS handshake in time."
            case .connecting, nil: "\(subject) could not be connected to in time."
            }
        return WebSocketError(.timedOut, what)
    }
}
