/// How numbers and texts are written into the bytes of a row: little-endian, lengths before what they are of.
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

/// Reads them; nil where they end too early.
struct StateBytesReader {
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

    mutating func text() -> String? {
        number(UInt16.self).flatMap { bytes(Int($0)) }.map { String(decoding: $0, as: UTF8.self) }
    }
}
