/// How numbers and texts are written into the bytes of a row or of what nodes tell each other: little-endian, lengths before
/// what they are of.
extension [UInt8] {
    mutating func put(_ number: some FixedWidthInteger) {
        var little = number.littleEndian
        unsafe Swift.withUnsafeBytes(of: &little) { unsafe append(contentsOf: $0) }
    }

    /// A text of at most 65,535 bytes.
    mutating func put(_ text: String) {
        put(UInt16(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}

/// Reads them; nil where they end too early, or are none.
struct ByteFieldsReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index == bytes.count }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        let count = MemoryLayout<Number>.size
        guard bytes.count - index >= count else { return nil }
        let start = index
        index += count
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard bytes.count - index >= count else { return nil }
        index += count
        return Array(bytes[index - count..<index])
    }

    /// A text is UTF-8 as it was written, so that it never becomes longer than what can be written again.
    mutating func text() -> String? {
        number(UInt16.self).flatMap { bytes(Int($0)) }.flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// All that is left.
    mutating func rest() -> [UInt8] {
        defer { index = bytes.count }
        return Array(bytes[index...])
    }
}
