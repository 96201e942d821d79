/// A key as JSON has it (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).
struct JSONWebKey: Decodable {
    let kty: String
    let kid: String?
    let use: String?
    let key_ops: [String]?
    let alg: String?
    let crv: String?
    let n, e, x, y, k, d: String?

    /// The key; nil for one that is for something else than to verify signatures, or of a kind that nobody knows here, as
    /// RFC 7517 section 5 asks for.
    ///
    /// - Throws: why it is none of its kind.
    func key() throws(PublicKey.Unusable) -> VerificationKey? {
        if let use, use != "sig" { return nil }
        if let key_ops, !key_ops.contains("verify") { return nil }
        guard let key = try anyKey() else { return nil }
        guard let alg else { return key }
        guard let algorithm = SignatureAlgorithm(rawValue: alg) else { return nil }
        guard let only = key.only(for: algorithm) else {
            throw PublicKey.Unusable(reason: "its \"alg\" does not go with its kind, or asks for a longer one")
        }
        return only
    }

    private func anyKey() throws(PublicKey.Unusable) -> VerificationKey? {
        if d != nil {
            throw PublicKey.Unusable(reason: "it is a private key, which the server should not have")
        }
        switch (kty, crv) {
        case ("oct", _):
            return try VerificationKey(SecretKey(bytes(k, "k")), id: kid)
        case ("RSA", _):
            let key = try PublicKey.rsa(modulus: bytes(n, "n"), exponent: bytes(e, "e"))
            return VerificationKey(key, id: kid)
        case ("EC", let name?):
            guard let curve = EllipticCurve(rawValue: name) else { return nil }
            let key = try PublicKey.ec(curve, x: bytes(x, "x"), y: bytes(y, "y"))
            return VerificationKey(key, id: kid)
        case ("OKP", "Ed25519"):
            return VerificationKey(try PublicKey.edwards(.ed25519, bytes(x, "x")), id: kid)
        case ("OKP", "Ed448"):
            return VerificationKey(try PublicKey.edwards(.ed448, bytes(x, "x")), id: kid)
        default:
            return nil
        }
    }

    private func bytes(_ text: String?, _ name: String) throws(PublicKey.Unusable) -> [UInt8] {
        guard let text, !text.isEmpty, let bytes = Base64URL.decode(text.utf8) else {
            throw PublicKey.Unusable(reason: "its \"\(name)\" is missing, or not base64url")
        }
        return bytes
    }
}
