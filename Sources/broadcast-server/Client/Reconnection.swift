import LWSSwift

/// When it makes sense to connect again.
enum Reconnection: Equatable, Sendable {
    case never
    /// After a wait.
    case later
    /// Without one, the first time.
    case atOnce

    /// What a server that closed in this way can be expected to do.
    ///
    /// It comes back when it was lost, goes away, restarts, or has no room at the moment. It does not when it has finished,
    /// or when what this client does is what it objects to. Of the codes that RFC 6455 leaves to applications it says so
    /// by the hundred (docs/protocol.md).
    ///
    /// - Parameter hasNewToken: whether there is another token than the server was shown.
    init(after close: WebSocketClose, hasNewToken: Bool = false) {
        self =
            switch (close.initiator, close.code) {
            case (.connectionLoss, _): .later
            // This side ends a connection by itself when the server is silent or breaks the protocol.
            case (.local, _): close.isClean ? .never : .later
            case (.peer, .goingAway), (.peer, .internalError), (.peer, .serviceRestart), (.peer, .tryAgainLater): .later
            // A close without a word, as of a server that ends.
            case (.peer, .noStatusReceived): .later
            case (.peer, .tokenNeeded): hasNewToken ? .atOnce : .never
            case (.peer, let code) where 4_100...4_199 ~= code.rawValue: .later
            case (.peer, let code) where 4_200...4_299 ~= code.rawValue: .atOnce
            case (.peer, _): .never
            }
    }

    /// The statuses of HTTP that speak of the moment, and not of what was asked for.
    static let passingStatuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

    /// Whether an attempt that failed in this way may succeed later, after there has been a connection before.
    static func isWorthwhile(after error: WebSocketError) -> Bool {
        switch error.code {
        case .connectionRefused, .nameNotFound, .unreachable, .timedOut, .proxy, .invalidHandshake, .tls, .system: true
        case .handshakeRejected: error.rejection.map { passingStatuses.contains($0.status) } ?? false
        default: false
        }
    }
}
