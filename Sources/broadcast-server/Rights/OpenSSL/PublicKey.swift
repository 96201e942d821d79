import COpenSSL

/// One reference to a public key of OpenSSL's, of a kind and size that signatures of tokens are made with.
@safe
final class PublicKey: Sendable {
    enum Kind: Sendable, Equatable {
        case rsa(bits: Int)
        case ec(EllipticCurve)
        case ed25519, ed448
    }

    /// Why a key is not used, as the end of a sentence.
    struct Unusable: Error, Equatable {
        let reason: String
    }

    /// RFC 7518 section 3.3 asks for the least; to verify with more than the most takes milliseconds.
    static let rsaBits = 2_048...8_192

    // Not isolated: OpenSSL counts references atomically, and does not change a key that is complete.
    private nonisolated(unsafe) let pointer: OpaquePointer
    let kind: Kind

    /// Takes over a reference.
    init(owning pointer: OpaquePointer) throws(Unusable) {
        guard let kind = unsafe Self.kind(of: pointer) else {
            unsafe EVP_PKEY_free(pointer)
            throw Unusable(reason: "keys are RSA, EC (P-256, P-384, P-521), Ed25519 or Ed448")
        }
        unsafe self.pointer = unsafe pointer
        self.kind = kind
        // From here on it is freed with the object, also when that is not made.
        if case .rsa(let bits) = kind, !Self.rsaBits.contains(bits) {
            throw Unusable(
                reason: "an RSA key has \(Self.rsaBits.lowerBound) to \(Self.rsaBits.upperBound) bits, not \(bits)"
            )
        }
        guard unsafe Self.isSound(pointer) else { throw Unusable(reason: "its numbers are none of a public key") }
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    /// What tells it from other keys: the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    var fingerprint: SHA256Digest {
        let count = unsafe i2d_PUBKEY(pointer, nil)
        guard count > 0 else { return SHA256Digest(of: []) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initializedCount in
            var position = buffer.baseAddress
            initializedCount = max(Int(unsafe i2d_PUBKEY(pointer, &position)), 0)
        }
        return SHA256Digest(of: bytes)
    }

    private static func kind(of key: OpaquePointer) -> Kind? {
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return .rsa(bits: Int(unsafe EVP_PKEY_get_bits(key)))
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_ED448: return .ed448
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return nil }
            let group = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return EllipticCurve.allCases.first { $0.group == group }.map(Kind.ec)
        default: return nil
        }
    }

    /// Whether its point lies on its curve, or its modulus can be one (EVP_PKEY_public_check(3)).
    private static func isSound(_ key: OpaquePointer) -> Bool {
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        return unsafe EVP_PKEY_public_check(context) == 1
    }

    // MARK: Signatures

    /// How a signature is made, as far as the key leaves a choice.
    enum Scheme: Sendable {
        /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
        case pkcs1(HashFunction)
        /// RSASSA-PSS with a salt as long as the hash, and the same hash in its mask (RFC 7518 section 3.5).
        case pss(HashFunction)
        /// ECDSA, as two numbers of the length of the curve's (RFC 7518 section 3.4).
        case ecdsa(HashFunction)
        /// EdDSA, which hashes by itself (RFC 8032).
        case edwards

        fileprivate var hash: OpaquePointer? {
            switch self {
            case .pkcs1(let hash), .pss(let hash), .ecdsa(let hash): unsafe hash.pointer
            case .edwards: nil
            }
        }
    }

    /// How many bytes each of its signatures has.
    private var signatureByteCount: Int {
        switch kind {
        case .rsa(let bits): (bits + 7) / 8
        case .ec(let curve): 2 * curve.byteCount
        case .ed25519: 64
        case .ed448: 114
        }
    }

    /// Whether a signature of a message was made with the private key that belongs to this one.
    ///
    /// - Parameter scheme: one that keys of this kind have.
    func accepts(_ signature: [UInt8], of message: [UInt8], _ scheme: Scheme) -> Bool {
        defer { ERR_clear_error() }
        guard signature.count == signatureByteCount else { return false }
        var signature = signature
        if case .ecdsa = scheme {
            guard let encoded = ECDSASignature.der(signature) else { return false }
            signature = encoded
        }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        // Belongs to the other context.
        var operation: OpaquePointer?
        guard unsafe EVP_DigestVerifyInit(context, &operation, scheme.hash, nil, pointer) == 1 else { return false }
        if case .pss = scheme {
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
