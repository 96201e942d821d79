/// Checks UTF-8 as RFC 3629 defines it, the only encoding of text messages and close reasons (RFC 6455 section 8.1).
enum UTF8Validation {
    /// What a byte that begins a character of several bytes demands of them.
    struct Sequence {
        let length: Int
        /// The range of the second byte, which rules out overlong forms, surrogates and values above U+10FFFF (RFC 3629
        /// section 4); those behind it are 0x80 to 0xBF.
        let second: ClosedRange<UInt8>

        @inline(__always)
        init?(lead: UInt8) {
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return nil
            }
        }
    }

    /// Whether the bytes are well-formed UTF-8. Takes words of ASCII at a time, which is most of what is sent.
    static func isValid(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe isValid($0) }
    }

    /// Whether the bytes are well-formed UTF-8.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            if index + 32 <= count {
                let words = unsafe bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
                if (words.x | words.y | words.z | words.w) & 0x8080_8080_8080_8080 == 0 {
                    index += 32
                    continue
                }
            }
            if index + 8 <= count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    index += 8
                    continue
                }
            }
            let lead = unsafe bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            guard let sequence = Sequence(lead: lead) else { return false }
            let length = sequence.length
            guard index + length <= count, unsafe sequence.second.contains(bytes[index + 1]) else { return false }
            for offset in stride(from: 2, to: length, by: 1) where unsafe bytes[index + offset] & 0xC0 != 0x80 {
                return false
            }
            index += length
        }
        return true
    }
}
