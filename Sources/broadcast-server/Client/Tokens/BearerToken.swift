import HTTPTypes

/// A token that a client shows the server. It is in nothing that is printed.
struct BearerToken: Equatable, Sendable, CustomStringConvertible {
    /// The most that the server takes.
    static let maximumBytes = SignedToken.maximumBytes

    let text: String

    /// - Parameter text: visible ASCII; nil comes of anything else.
    init?(_ text: String) {
        guard 1...Self.maximumBytes ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        self.text = text
    }

    /// What shows it in a request (RFC 6750 section 2.1).
    var field: HTTPField { HTTPField(name: .authorization, value: "Bearer \(text)") }

    var description: String { "…" }
}
