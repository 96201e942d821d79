import COpenSSL

/// A secret that both sides know, wiped when nobody uses it any more.
@safe
final class SecretKey: Sendable {
    // Not isolated, because it is filled once and only read afterwards.
    private nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(_ secret: [UInt8]) {
        unsafe bytes = .allocate(byteCount: secret.count, alignment: 1)
        unsafe bytes.copyBytes(from: secret)
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    var byteCount: Int { unsafe bytes.count }

    /// The HMAC of a message under this key (RFC 2104).
    func code(of message: [UInt8], _ hash: HashFunction) -> [UInt8] {
        var isMade = false
        let code = unsafe [UInt8](unsafeUninitializedCapacity: hash.byteCount) { code, count in
            isMade =
                unsafe HMAC(
                    hash.pointer,
                    bytes.baseAddress,
                    Int32(clamping: bytes.count),
                    message,
                    message.count,
                    code.baseAddress,
                    nil
                ) != nil
            count = isMade ? hash.byteCount : 0
        }
        precondition(isMade, "OpenSSL has no HMAC, or no memory.")
        return code
    }

    /// Whether a code is that of the message, without telling by the time it takes where it differs.
    func authenticates(_ message: [UInt8], code: [UInt8], _ hash: HashFunction) -> Bool {
        let right = self.code(of: message, hash)
        guard code.count == right.count else { return false }
        return unsafe CRYPTO_memcmp(code, right, right.count) == 0
    }
}
