import ArgumentParser

/// How a token is signed, as its header calls it (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864 section 2.2). `none` is
/// not among them.
enum SignatureAlgorithm: String, OptionValue, CaseIterable {
    static let valueName = "name"

    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    /// Either of the two below, as its key says.
    case edDSA = "EdDSA"
    case ed25519 = "Ed25519"
    case ed448 = "Ed448"

    /// How a signature is looked at.
    enum Method: Sendable {
        case secret(HashFunction)
        case pair(PublicKey.Scheme)
    }

    var method: Method {
        switch self {
        case .hs256: .secret(.sha256)
        case .hs384: .secret(.sha384)
        case .hs512: .secret(.sha512)
        case .rs256: .pair(.pkcs1(.sha256))
        case .rs384: .pair(.pkcs1(.sha384))
        case .rs512: .pair(.pkcs1(.sha512))
        case .ps256: .pair(.pss(.sha256))
        case .ps384: .pair(.pss(.sha384))
        case .ps512: .pair(.pss(.sha512))
        case .es256: .pair(.ecdsa(.sha256))
        case .es384: .pair(.ecdsa(.sha384))
        case .es512: .pair(.ecdsa(.sha512))
        case .edDSA, .ed25519, .ed448: .pair(.edwards)
        }
    }
}
