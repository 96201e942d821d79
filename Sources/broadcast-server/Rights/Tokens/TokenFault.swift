/// Why a token is not accepted. What is told of it never has anything of the token but the names of its parts, and of channels.
enum TokenFault: Error, Hashable, Sendable {
    /// More bytes than ``SignedToken/maximumBytes``.
    case tooLong
    /// No token of the server's file, and not of the form of others: three parts in base64url.
    case malformed
    /// Its header is not an object, says something twice, or no algorithm.
    case badHeader
    /// It asks for something that has to be understood and is not (`crit`, RFC 7515 section 4.1.11).
    case critical
    /// Its algorithm is none that there is here; `none` among others.
    case unknownAlgorithm
    /// Its algorithm is not on the list of those that are allowed.
    case refusedAlgorithm
    /// No key is there for its `kid` and algorithm.
    case unknownKey
    /// It was not signed by whom it should be, or changed since.
    case badSignature
    /// What it says is not an object, or says something twice.
    case badClaims
    /// A claim is not of its form.
    case badClaim(TokenClaims.Name)
    /// The claim `channels` gives no rights.
    case badRights(RightsFault)
    /// It does not say until when it holds.
    case noExpiry
    /// It holds no more.
    case expired
    /// It does not hold yet.
    case notYetValid
    /// It is of somebody else.
    case foreignIssuer
    /// It is for somebody else.
    case foreignAudience
    /// It, or its subject, was revoked.
    case revoked
    /// It is none of the server's file, and no others are accepted.
    case unknown
    /// Too many others are being verified: nothing is wrong with it.
    case busy

    /// A word that programs can go by.
    var code: String {
        switch self {
        case .tooLong: "too-long"
        case .malformed: "malformed"
        case .badHeader: "bad-header"
        case .critical: "critical"
        case .unknownAlgorithm: "unknown-algorithm"
        case .refusedAlgorithm: "refused-algorithm"
        case .unknownKey: "unknown-key"
        case .badSignature: "bad-signature"
        case .badClaims: "bad-claims"
        case .badClaim: "bad-claim"
        case .badRights: "bad-rights"
        case .noExpiry: "no-expiry"
        case .expired: "expired"
        case .notYetValid: "not-yet-valid"
        case .foreignIssuer: "foreign-issuer"
        case .foreignAudience: "foreign-audience"
        case .revoked: "revoked"
        case .unknown: "unknown"
        case .busy: "busy"
        }
    }
}

extension TokenFault: CustomStringConvertible {
    /// A sentence, for the log and for whoever has made the token.
    var description: String {
        switch self {
        case .tooLong: "The token has more than \(SignedToken.maximumBytes) bytes."
        case .malformed: "The token is not of the form of a JSON Web Token: three parts in base64url, without padding."
        case .badHeader: "The header of the token is not an object with an \"alg\", or says something twice."
        case .critical: "The token has a \"crit\" in its header, and nothing of that is understood here."
        case .unknownAlgorithm: "The token names an algorithm that is not known here."
        case .refusedAlgorithm: "The token names an algorithm that is not allowed here."
        case .unknownKey: "There is no key for the \"kid\" and the \"alg\" of the token."
        case .badSignature: "The signature of the token is not right."
        case .badClaims: "The claims of the token are not an object, or say something twice."
        case .badClaim(let name): "The claim \"\(name.rawValue)\" of the token is \(name.rule)."
        case .badRights(let fault): "The claim \"channels\" of the token gives no rights. \(fault)"
        case .noExpiry: "The token does not say when it expires, in a claim \"exp\"."
        case .expired: "The token has expired."
        case .notYetValid: "The token does not hold yet."
        case .foreignIssuer: "The token was not issued by one who may, by its claim \"iss\"."
        case .foreignAudience: "The token is for somebody else, by its claim \"aud\"."
        case .revoked: "The token, or its subject, was revoked."
        case .unknown: "The token is not known here."
        case .busy: "Too many tokens are being verified: try again."
        }
    }
}
