/// A token that nobody has yet: 256 random bits. What it begins with tells those who find one what it is.
struct NewToken: Sendable {
    static let prefix = "broadcast_"

    let text: String

    init(using generator: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        text = Self.prefix + Base64URL.encode(bytes)
    }

    static func random() -> NewToken {
        var generator = SystemRandomNumberGenerator()
        return NewToken(using: &generator)
    }

    var digest: SHA256Digest { SHA256Digest(of: text.utf8) }
}
