/// Masks and unmasks payloads (RFC 6455 section 5.3): the same operation.
enum Masking {
    /// Applies a key, as it stands in memory, to a part of a payload that begins `offset` bytes into it.
    @inline(__always)
    static func apply(_ key: UInt32, at offset: Int, to bytes: UnsafeMutableRawBufferPointer) {
        let rotated = rotate(key, by: offset)
        let wide = UInt64(rotated) << 32 | UInt64(rotated)
        var index = 0
        // A word at a time: the key is in memory order, so that the order of bytes in a word does not matter.
        while index + 8 <= bytes.count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            unsafe bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        unsafe withUnsafeBytes(of: rotated) { key in
            while index < bytes.count {
                unsafe bytes[index] ^= key[index & 3]
                index += 1
            }
        }
    }

    /// The key whose first byte in memory is the one for a place `offset` bytes into the payload.
    private static func rotate(_ key: UInt32, by offset: Int) -> UInt32 {
        let shift = UInt32(truncatingIfNeeded: offset & 3) * 8
        guard shift != 0 else { return key }
        let ordered = key.littleEndian
        return (ordered >> shift | ordered << (32 - shift)).littleEndian
    }
}
