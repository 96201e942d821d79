import LWSSwift

/// When it makes sense to connect again.
enum Reconnection {
    /// Whether a server that closed in this way can be expected back: it was lost, goes away, restarts, or has no room at
    /// the moment. It cannot when it has finished, or when what this client does is what it objects to.
    static func isWorthwhile(after close: WebSocketClose) -> Bool {
        switch (close.initiator, close.code) {
        case (.connectionLoss, _): true
        // This side ends a connection by itself when the server is silent or breaks the protocol.
        case (.local, _): !close.isClean
        case (.peer, .goingAway), (.peer, .internalError), (.peer, .serviceRestart), (.peer, .tryAgainLater): true
        // libwebsockets before 5.0 shows 1012 and 1013 as 1002 (WebSocketCloseCode).
        case (.peer, .protocolError), (.peer, .noStatusReceived): true
        case (.peer, _): false
        }
    }

    /// Whether an attempt that failed in this way may succeed later, after there has been a connection before.
    static func isWorthwhile(after error: WebSocketError) -> Bool {
        switch error.code {
        case .connectionRefused, .nameNotFound, .unreachable, .timedOut, .proxy, .invalidHandshake, .tls, .system: true
        case .handshakeRejected: [408, 425, 429, 500, 502, 503, 504].contains(error.rejection?.status)
        default: false
        }
    }
}
