/// A hash that is the same in each process, unlike `Hasher`'s: FNV-1a of 64 bits. Whoever wants to can find two things of
/// one hash, so that it serves only where that hurts nobody else.
struct StableHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// The hash of bytes, in hexadecimal digits.
    static func digits(of bytes: some Sequence<UInt8>) -> String {
        var hash = StableHash()
        hash.combine(bytes)
        return String(hash.value, radix: 16)
    }
}
