import LWSSwift

/// What somebody can do whom a server does not let in.
enum TokenAdvice {
    /// - Parameters:
    ///   - isTokenRefused: whether the token does not hold, or is missing, rather than not reaching as far.
    ///   - source: where the token that was shown is from.
    static func sentence(isTokenRefused: Bool, _ source: TokenSource?) -> String {
        switch (source, isTokenRefused) {
        case (nil, _): "Give a token with --token-file FILE, or in \(TokenSource.variable)."
        case (_, false): "Ask for the right, or for another token."
        case (.file(let path)?, true): "Put another token into \(EscapedText.escape(path))."
        case (.variable?, true): "Put another token into \(TokenSource.variable)."
        }
    }

    /// For a close; nil for one that no token would have prevented.
    static func sentence(_ close: WebSocketClose, _ source: TokenSource?) -> String? {
        guard close.initiator == .peer else { return nil }
        return switch close.code {
        case .tokenNeeded: sentence(isTokenRefused: true, source)
        case .notAllowed: sentence(isTokenRefused: false, source)
        default: nil
        }
    }
}
