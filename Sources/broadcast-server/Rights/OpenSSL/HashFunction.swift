import COpenSSL

/// A hash function of the SHA-2 family (FIPS 180-4).
enum HashFunction: Sendable {
    case sha256, sha384, sha512

    /// How many bytes it makes of any.
    var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// As OpenSSL knows it; never freed.
    var pointer: OpaquePointer? {
        switch self {
        case .sha256: unsafe Fetched.sha256
        case .sha384: unsafe Fetched.sha384
        case .sha512: unsafe Fetched.sha512
        }
    }

    /// Fetched here once, since OpenSSL 3 looks them up anew for each use otherwise (EVP_MD_fetch(3)).
    ///
    /// Not isolated, because they are made once and never written.
    private enum Fetched {
        nonisolated(unsafe) static let sha256 = unsafe EVP_MD_fetch(nil, "SHA256", nil)
        nonisolated(unsafe) static let sha384 = unsafe EVP_MD_fetch(nil, "SHA384", nil)
        nonisolated(unsafe) static let sha512 = unsafe EVP_MD_fetch(nil, "SHA512", nil)
    }
}
