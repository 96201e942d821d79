/// The ways in which a stream of bytes may arrive: all at once, one by one, and in pieces whose sizes follow from the
/// bytes themselves, so that a case is the same each time and its bytes are only those of the stream.
enum Splits {
    static func of(_ bytes: [UInt8]) -> [[[UInt8]]] {
        // FNV-1a
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            hash ^= hash << 13
            hash ^= hash >> 7
            hash ^= hash << 17
            // Mostly a few bytes, since what matters is where tokens are cut.
            let count = Int(hash % 3 == 0 ? hash >> 8 % 200 : hash >> 8 % 7)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return [[bytes], bytes.map { [$0] }, pieces]
    }
}
