/// A sum of 64 bits over what stands in a row, which tells whether it is what was written: SQLite itself does not notice when a
/// byte of a message has changed. It begins with the identity of the file, so that rows of another file are none.
///
/// Whatever single word is changed changes the sum, since each step can be undone.
struct Checksum {
    private(set) var value: UInt64

    init(_ identity: UInt64) {
        value = identity
    }

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 32
    }

    mutating func add(_ bytes: [UInt8]) {
        add(UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { bytes in
            var index = 0
            while index + 8 <= bytes.count {
                add(UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
                index += 8
            }
            var rest: UInt64 = 0
            while index < bytes.count {
                rest = rest << 8 | UInt64(unsafe bytes[index])
                index += 1
            }
            add(rest)
        }
    }

    mutating func add(_ text: String) {
        add(Array(text.utf8))
    }
}
