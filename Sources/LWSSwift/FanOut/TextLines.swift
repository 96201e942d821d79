/// The lines of a text: finds where they break, wherever a reader may break them (UAX 14, class BK and its like: LF, VT, FF,
/// CR, NEL, LINE SEPARATOR and PARAGRAPH SEPARATOR).
enum TextLines {
    /// Whether there is more than one, for UTF-8: asked of every message, and mostly in vain.
    static func areSeveral(in bytes: RawSpan) -> Bool {
        unsafe bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = min(start + blockBytes, bytes.count)
                if unsafe mayBreak(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) {
                    for index in start..<end {
                        if let length = unsafe breakLength(bytes, at: index), index + length < bytes.count {
                            return true
                        }
                    }
                }
                start = end
            }
            return false
        }
    }

    /// The text with a mark at the beginning of each line but the first. Behind a break at the very end there is no line.
    static func marked(_ bytes: RawSpan, with mark: String) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { bytes in
            var marked: [UInt8] = []
            marked.reserveCapacity(bytes.count + 16 * mark.utf8.count)
            var index = 0
            while index < bytes.count {
                let length = unsafe breakLength(bytes, at: index)
                unsafe marked.append(contentsOf: bytes[index..<index + (length ?? 1)])
                index += length ?? 1
                if length != nil, index < bytes.count { marked.append(contentsOf: mark.utf8) }
            }
            return marked
        }
    }

    private static let blockBytes = 1_024

    /// Whether a line break may begin with one of the bytes, looking at eight together.
    private static func mayBreak(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 8 else { return unsafe bytes.contains { mayBegin($0) } }
        // Without a way out in the middle, so that the compiler can take several words at once. The last overlaps.
        var suspects = unsafe marks(bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        var offset = 0
        while offset < bytes.count & ~7 {
            suspects |= unsafe marks(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        return suspects != 0
    }

    /// Whether a line break may begin with a byte: LF to CR, or what begins NEL (0xC2) and the two separators (0xE2).
    private static func mayBegin(_ byte: UInt8) -> Bool {
        byte &- 0x0A < 4 || byte | 0x20 == 0xE2
    }

    /// The same for each byte of a word: not 0 if there is one.
    @inline(__always)
    private static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high = ones &* 0x80
        // No byte borrows from another, since they are below 0x80: at most 0x0D leaves the high bit of the difference, at
        // least 0x0A sets that of the sum.
        let low = word & ~high
        let controls = (ones &* 0x8D &- low) & (low &+ ones &* 0x76) & ~word
        let rest = (word | ones &* 0x20) ^ (ones &* 0xE2)
        let leads = (rest &- ones) & ~rest
        return (controls | leads) & high
    }

    /// How many bytes the line break takes that begins here; nil when there is none.
    @inline(__always)
    private static func breakLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
        func byte(_ offset: Int) -> UInt8 {
            unsafe index + offset < bytes.count ? bytes[index + offset] : 0
        }
        return switch byte(0) {
        case 0x0D: byte(1) == 0x0A ? 2 : 1
        case 0x0A...0x0C: 1
        case 0xC2: byte(1) == 0x85 ? 2 : nil
        case 0xE2: byte(1) == 0x80 && byte(2) & 0xFE == 0xA8 ? 3 : nil
        default: nil
        }
    }
}
