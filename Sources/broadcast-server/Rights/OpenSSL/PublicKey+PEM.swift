import COpenSSL

extension PublicKey {
    /// Reads a public key in the PEM form of RFC 7468 section 13.
    ///
    /// - Parameter block: from the line that begins it to the line that ends it.
    static func read(_ block: [UInt8]) throws(Unusable) -> PublicKey {
        defer { ERR_clear_error() }
        let key = unsafe block.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let input = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
                return nil
            }
            defer { unsafe BIO_free(input) }
            return unsafe PEM_read_bio_PUBKEY(input, nil, nil, nil)
        }
        guard let key = unsafe key else { throw Unusable(reason: "it is damaged") }
        return try unsafe PublicKey(owning: key)
    }
}
