/// An address, or all that begin with the same bits: `10.0.0.0/8`.
struct AddressNetwork: Sendable, Hashable {
    private let address: NumericAddress
    /// Of 128.
    private let bits: UInt64

    /// - Parameter text: bits behind the length are of no account.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, let address = NumericAddress(parts[0]) else { return nil }
        let offset: UInt64 = address.isIPv4 && !parts[0].contains(":") ? 96 : 0
        var bits: UInt64 = 128
        if parts.count == 2 {
            // No sign, no blank, and no number of many digits.
            guard 1...3 ~= parts[1].utf8.count,
                parts[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
                let length = UInt64(parts[1]), length <= 128 - offset
            else { return nil }
            bits = offset + length
        }
        self.address = address
        self.bits = bits
    }

    func contains(_ other: NumericAddress) -> Bool {
        Self.agree(address.high, other.high, min(bits, 64)) && Self.agree(address.low, other.low, bits - min(bits, 64))
    }

    private static func agree(_ one: UInt64, _ other: UInt64, _ bits: UInt64) -> Bool {
        // Shifted by all of its bits a number is 0.
        (one ^ other) >> (64 - bits) == 0
    }
}

extension AddressNetwork: CustomStringConvertible {
    /// As it would be written.
    var description: String {
        let isNarrow = address.isIPv4 && bits >= 96
        let (length, all) = isNarrow ? (bits - 96, UInt64(32)) : (bits, 128)
        return length == all ? address.text : "\(address.text)/\(length)"
    }
}
