/// A JSON Web Token in its compact form (RFC 7515 section 3.1), taken apart. Nothing of it is believed before its signature
/// was found right; until then not even its claims are read.
struct SignedToken: Sendable {
    /// Tokens travel in one field of a request's head.
    static let maximumBytes = 8 << 10

    /// What was signed: header and claims as they stand in the token.
    private let signed: [UInt8]
    private let claims: [UInt8]
    private let signature: [UInt8]
    let header: TokenHeader

    init(_ token: String) throws(TokenFault) {
        guard token.utf8.count <= Self.maximumBytes else { throw .tooLong }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let claims = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        self.header = try StrictJSON.decode(TokenHeader.self, from: header, otherwise: TokenFault.badHeader)
        self.claims = claims
        self.signature = signature
        signed = Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    /// What it says, once a key was found that it is signed with, and that key.
    func verified(
        with keys: KeySet,
        _ rules: TokenRules
    ) throws(TokenFault) -> (claims: TokenClaims, key: VerificationKey) {
        guard rules.algorithms.contains(header.algorithm) else { throw .refusedAlgorithm }
        let candidates = keys.candidates(header.algorithm, id: header.keyID)
        guard !candidates.isEmpty else { throw .unknownKey }
        guard let key = candidates.first(where: { $0.accepts(signature, of: signed, by: header.algorithm) }) else {
            throw .badSignature
        }
        return (try StrictJSON.decode(TokenClaims.self, from: claims, otherwise: TokenFault.badClaims), key)
    }
}
