import COpenSSL

/// What SHA-256 makes of some bytes: what is kept of a secret that is only to be recognized.
struct SHA256Digest: Hashable, Sendable {
    static let byteCount = 32

    private let words: Words

    /// Four words, since tuples and inline arrays are not hashable.
    private struct Words: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    init(of bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        var words = Words()
        let isMade = unsafe withUnsafeMutableBytes(of: &words) { words in
            let target = unsafe words.assumingMemoryBound(to: UInt8.self).baseAddress
            return unsafe EVP_Digest(bytes, bytes.count, target, nil, HashFunction.sha256.pointer, nil) == 1
        }
        precondition(isMade, "OpenSSL has no SHA-256, or no memory.")
        self.words = words
    }

    /// - Parameter hex: 64 hexadecimal digits, as `sha256sum` prints them; nil when they are none.
    init?(hex: String) {
        let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 * Self.byteCount, hex.utf8.count == digits.count else { return nil }
        var words = Words()
        unsafe withUnsafeMutableBytes(of: &words) { bytes in
            for index in 0..<Self.byteCount {
                unsafe bytes[index] = UInt8(digits[2 * index] << 4 | digits[2 * index + 1])
            }
        }
        self.words = words
    }

    /// 64 hexadecimal digits, in small letters.
    var hex: String {
        unsafe withUnsafeBytes(of: words) { bytes in
            unsafe bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }
    }
}
