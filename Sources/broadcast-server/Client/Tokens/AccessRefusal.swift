import LWSSwift

/// That a server does not let a client in over HTTP, for want of a token or of a right: status 401 or 403.
struct AccessRefusal: Equatable, Sendable {
    static let statuses: Set<Int> = [401, 403]
    /// An explanation is a sentence, or somebody else's page.
    private static let maximumCharacters = 200

    let status: Int
    /// Whether a token would help.
    let isOfTokens: Bool
    /// What the server says, on one line; empty for nothing that helps.
    let explanation: String

    /// nil for any other refusal.
    init?(_ rejection: WebSocketError.Rejection?) {
        guard let rejection, Self.statuses.contains(rejection.status) else { return nil }
        status = rejection.status
        let challenge = rejection.challenge ?? ""
        isOfTokens = ChallengeField.asksForBearer(challenge)
        let text =
            ChallengeField.value(of: "error_description", in: challenge)
            ?? ToldProblem(body: rejection.bodyPrefix.utf8)?.detail
            ?? rejection.bodyPrefix
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        // A page explains nothing.
        explanation = line.hasPrefix("<") ? "" : EscapedText.escape(String(line.prefix(Self.maximumCharacters)))
    }

    /// What happened, and what to do.
    ///
    /// - Parameter source: where the token that was shown is from.
    func sentence(_ source: TokenSource?) -> String {
        let why = explanation.isEmpty ? "." : ": \(explanation)"
        let advice = isOfTokens ? " \(TokenAdvice.sentence(isTokenRefused: status == 401, source))" : ""
        return "The server refused with status \(status)\(why)\(advice)"
    }
}

extension WebSocketError {
    /// What happened, for people who may have a token to show.
    func sentence(_ source: TokenSource?) -> String {
        AccessRefusal(rejection)?.sentence(source) ?? message
    }

    /// The same without texts that are nobody's business, which a server may repeat.
    func concealing(_ secrets: [String]) -> WebSocketError {
        func conceal(_ text: String) -> String {
            secrets.reduce(text) { $1.isEmpty ? $0 : $0.replacing($1, with: "…") }
        }
        let shown = rejection.map { rejection in
            Rejection(
                status: rejection.status,
                bodyPrefix: conceal(rejection.bodyPrefix),
                location: rejection.location.map(conceal),
                challenge: rejection.challenge.map(conceal)
            )
        }
        return WebSocketError(code, conceal(message), close: close, rejection: shown)
    }
}
