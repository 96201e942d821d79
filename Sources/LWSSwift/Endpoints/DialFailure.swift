internal import Glibc
internal import HTTPTypes

/// Says why a dial has failed, in words that tell what to do.
struct DialFailure {
    /// What was dialed for.
    enum Wanted {
        case webSocket
        case events
        /// Any of HTTP.
        case answer
    }

    let target: ClientURL
    let route: ProxyRoute?
    let wanted: Wanted

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

    func tls(_ failure: TLSFailure) -> WebSocketError {
        guard failure.isWithoutTLS else { return tls(failure.description) }
        let scheme = wanted == .webSocket ? "ws" : "http"
        return WebSocketError(
            .tls,
            "The server at \(target.authority) does not speak TLS there. Use \(scheme):, or check the port."
        )
    }

    /// The proxy's answer was none.
    func tunneling(_ reason: String) -> WebSocketError {
        WebSocketError(.proxy, "The answer of \(place) is not valid: \(reason).")
    }

    /// The server's answer breaks the rules.
    func invalid(_ reason: String) -> WebSocketError {
        WebSocketError(.invalidHandshake, "\(noValidAnswer): \(reason).")
    }

    /// The server's answer is not one of HTTP, or there was none.
    ///
    /// - Parameter showsCertificate: whether the client had one to show.
    func unanswered(_ reason: String, showsCertificate: Bool) -> WebSocketError {
        let hint =
            switch (target.isSecure, showsCertificate) {
            case (false, _): "expect TLS (\(wanted == .webSocket ? "wss" : "https"))"
            case (true, false): "ask for a client certificate"
            case (true, true): "not accept the client certificate"
            }
        let kind = wanted == .webSocket ? "WebSocket" : "HTTP"
        return WebSocketError(
            .invalidHandshake,
            "\(noValidAnswer): \(reason). It may \(hint), or be no \(kind) server."
        )
    }

    private var noValidAnswer: String {
        let answer = wanted == .webSocket ? "WebSocket handshake" : "answer"
        return "The server at \(target.authority) gave no valid \(answer)"
    }

    /// The server's answer is valid, and not the right one.
    func refused(_ head: ResponseHead, body: [UInt8], redirects: String? = nil) -> WebSocketError {
        let text = String(decoding: body, as: UTF8.self)
        let location = head.fields[.location]
        let hint =
            if let redirects {
                ": \(redirects)"
            } else if let location, Redirect.isRedirect(status: head.status) {
                ": it sends the client to \(Redirect.shown(location))"
            } else if wanted == .events, head.status == 200 {
                // A page explains nothing.
                "."
            } else {
                text.isEmpty ? "" : ": \(text.prefix(200))"
            }
        return WebSocketError(
            .handshakeRejected,
            "The server at \(target.authority) \(refusal(head))\(hint)",
            rejection: .init(
                status: head.status,
                bodyPrefix: text,
                location: location,
                challenge: head.fields[.wwwAuthenticate]
            )
        )
    }

    private func refusal(_ head: ResponseHead) -> String {
        switch (wanted, head.status) {
        case (.webSocket, let status):
            return "refused the handshake with status \(status)"
        case (.events, 200):
            let type = EventReader.mediaType(of: head).prefix(100)
            return "answered with \(type.isEmpty ? "something without a type" : type) in place of events; check the URL"
        case (.events, 204):
            return "has no events here, and asks not to come back (status 204)"
        case (.events, let status):
            return "refused the request for events with status \(status)"
        case (.answer, let status):
            return "answered with status \(status)"
        }
    }

    /// Nothing more was heard in time.
    func late(_ stage: DialSocket.Stage?) -> WebSocketError {
        let request =
            switch wanted {
            case .webSocket: "handshake"
            case .events: "request for events"
            case .answer: "request"
            }
        let what =
            switch stage {
            case .asking, .refused: "The server at \(target.authority) did not answer the \(request) in time."
            case .tunneling: "The answer of \(place) did not come in time."
            case .securing: "The server at \(target.authority) did not finish the TLS handshake in time."
            case .connecting, nil: "\(subject) could not be connected to in time."
            }
        return WebSocketError(.timedOut, what)
    }
}
