import COpenSSL

/// The two forms of a signature by ECDSA: JOSE has its two numbers behind one another, OpenSSL takes them in DER.
enum ECDSASignature {
    /// - Parameter raw: r and s, each as long as a coordinate of the curve (RFC 7518 section 3.4).
    /// - Returns: the same as an `ECDSA-Sig-Value` (RFC 3279 section 2.2.3).
    static func der(_ raw: [UInt8]) -> [UInt8]? {
        let middle = raw.count / 2
        guard let r = BigNumber(raw[..<middle]), let s = BigNumber(raw[middle...]),
            let signature = unsafe ECDSA_SIG_new()
        else { return nil }
        defer { unsafe ECDSA_SIG_free(signature) }
        // It fails for missing numbers only, and frees those that it has taken.
        guard unsafe ECDSA_SIG_set0(signature, r.release(), s.release()) == 1 else { return nil }
        let count = Int(unsafe i2d_ECDSA_SIG(signature, nil))
        guard count > 0 else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, written in
            // Moved behind what was written.
            var end = target.baseAddress
            written = max(0, Int(unsafe i2d_ECDSA_SIG(signature, &end)))
        }
    }
}
