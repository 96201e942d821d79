/// The lines of a text: finds where they break, wherever a reader may break them (UAX 14, class BK and its like: LF, VT, FF,
/// CR, NEL, LINE SEPARATOR and PARAGRAPH SEPARATOR).
enum TextLines {
    /// Whether there is more than one, for UTF-8: asked of every message, and mostly in vain.
    static func areSeveral(in bytes: RawSpan) -> Bool {
        unsafe bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = min(start + blockBytes, bytes.count)
                // Without a way out in the middle, so that many bytes are looked at together.
                var suspects: UInt8 = 0
                for index in start..<end { suspects |= unsafe mayBegin(bytes[index]) ? 1 : 0 }
                if suspects != 0 {
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

    /// Whether a line break may begin with a byte.
    @inline(__always)
    private static func mayBegin(_ byte: UInt8) -> Bool {
        byte &- 0x0A < 4 || byte | 0x20 == 0xE2
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
