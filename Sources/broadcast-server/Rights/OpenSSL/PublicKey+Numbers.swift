import COpenSSL

/// Keys made of the numbers that a JSON Web Key has.
extension PublicKey {
    /// - Parameters:
    ///   - modulus: its digits, the greatest first.
    ///   - exponent: the same.
    static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(Unusable) -> PublicKey {
        guard let modulus = BigNumber(modulus), let exponent = BigNumber(exponent) else { throw Self.isNone }
        let key = unsafe make("RSA") { builder in
            unsafe ccrypto_push_modulus(builder, modulus.pointer) == 1
                && ccrypto_push_exponent(builder, exponent.pointer) == 1
        }
        return try unsafe usable(key)
    }

    /// - Parameters: the coordinates of its point, each of the length that the curve has.
    static func ec(_ curve: EllipticCurve, x: [UInt8], y: [UInt8]) throws(Unusable) -> PublicKey {
        guard x.count == curve.byteCount, y.count == curve.byteCount else {
            throw Unusable(reason: "a coordinate of \(curve.rawValue) has \(curve.byteCount) bytes")
        }
        // Uncompressed (SEC 1 section 2.3.3).
        let point = [0x04] + x + y
        let key = unsafe point.withUnsafeBytes { point in
            unsafe make("EC") { builder in
                unsafe ccrypto_push_group(builder, curve.group) == 1
                    && ccrypto_push_point(builder, point.baseAddress, point.count) == 1
            }
        }
        return try unsafe usable(key)
    }

    /// - Parameter bytes: of Ed25519 32, of Ed448 57 (RFC 8032).
    static func edwards(_ kind: Kind, _ bytes: [UInt8]) throws(Unusable) -> PublicKey {
        let type = kind == .ed25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448
        return try unsafe usable(EVP_PKEY_new_raw_public_key(type, nil, bytes, bytes.count))
    }

    private static let isNone = Unusable(reason: "its numbers are none of a public key")

    private static func usable(_ key: OpaquePointer?) throws(Unusable) -> PublicKey {
        ERR_clear_error()
        guard let key = unsafe key else { throw isNone }
        return try unsafe PublicKey(owning: key)
    }

    /// - Parameter fill: gives the builder the key's numbers, which have to last until this returns.
    private static func make(_ type: String, _ fill: (OpaquePointer) -> Bool) -> OpaquePointer? {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
        defer { unsafe OSSL_PARAM_BLD_free(builder) }
        guard unsafe fill(builder), let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, ccrypto_public_key, parameters) == 1
        else { return nil }
        return unsafe key
    }
}
