/// What a client shows when it comes back: random bits that nobody can guess, 96 of them at least, as 32
/// hexadecimal digits.
struct SessionID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// One that is nobody's in particular (``SessionOwner``).
    init(using generator: inout some RandomNumberGenerator) {
        high = generator.next()
        low = generator.next() & ~0b11
    }

    init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    /// Stands in the state directory for those who publish without being a member. No session is called so.
    static let ofPublishers = SessionID(high: 0, low: 0)

    static func random() -> SessionID {
        var generator = SystemRandomNumberGenerator()
        return SessionID(using: &generator)
    }
}

extension SessionID: LosslessStringConvertible {
    init?(_ text: String) {
        guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    var description: String { Self.digits(high) + Self.digits(low) }

    private static func digits(_ half: UInt64) -> String {
        let digits = String(half, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
