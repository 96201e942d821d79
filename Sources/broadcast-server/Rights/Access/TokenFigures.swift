/// What a doorkeeper has been asked, and has said.
struct TokenFigures: Sendable, Equatable {
    /// Signatures that were verified, right or wrong.
    var verified = 0
    /// Tokens that had been verified before.
    var remembered = 0
    /// Tokens of the server's file.
    var found = 0
    /// Tokens that were refused, by ``TokenFault/code``.
    var refusals: [String: Int] = [:]
}
