extension RawSpan {
    /// The byte at an offset; traps beyond the end.
    subscript(byte offset: Int) -> UInt8 {
        // Within bounds, as it checks; and any byte is a valid one.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Where the first byte is that does not stand for itself in a string of JSON: `"`, `\` or a control character. The end
    /// when there is none. Eight bytes at a time, since it goes over all that is said.
    func endOfVerbatim(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        var index = start
        while index + 8 <= byteCount {
            let word = unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let control = (word &- (ones &* 0x20)) & ~word
            // The high bit of the first such byte; those behind it may have theirs for no reason.
            let found = (control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & highBits
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < byteCount, !Self.isEscaped(self[byte: index]) { index += 1 }
        return index
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}

extension [UInt8] {
    mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
