/// Frames messages as RFC 6455 section 5.2 lays them out, into arrays of bytes that one write each carries.
enum FrameEncoder {
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        /// Whether such frames may stand between the fragments of a message (RFC 6455 section 5.5).
        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    /// The longest header: two bytes, eight of length, four of masking key.
    static let maximumHeaderBytes = 14

    /// RSV1: the first frame of a message that is compressed (RFC 7692 section 6).
    static let compressedBit: UInt8 = 0x40

    /// Appends one frame. With a masking key, as every client must send (5.3), the payload is masked while it is copied.
    static func append(
        _ opcode: Opcode,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        _ payload: UnsafeRawBufferPointer,
        maskingKey: UInt32?,
        to buffer: inout [UInt8]
    ) {
        buffer.append((isFinal ? 0x80 : 0) | (isCompressed ? compressedBit : 0) | opcode.rawValue)
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        switch payload.count {
        case ...125:
            buffer.append(maskBit | UInt8(payload.count))
        case ...0xFFFF:
            buffer.append(maskBit | 126)
            buffer.append(UInt8(payload.count >> 8))
            buffer.append(UInt8(truncatingIfNeeded: payload.count))
        default:
            buffer.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                buffer.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        guard let maskingKey else {
            unsafe buffer.append(contentsOf: payload)
            return
        }
        unsafe withUnsafeBytes(of: maskingKey) { unsafe buffer.append(contentsOf: $0) }
        let start = buffer.count
        unsafe buffer.append(contentsOf: payload)
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe Masking.apply(maskingKey, at: 0, to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
    }
}

/// Masking keys that a peer cannot foretell (RFC 6455 section 10.3), taken from the system many at a time.
struct MaskingKeySource {
    private var keys: [UInt32] = []

    mutating func next() -> UInt32 {
        if keys.isEmpty {
            var generator = SystemRandomNumberGenerator()
            keys = (0..<32).flatMap { _ in
                let random = generator.next()
                return [UInt32(truncatingIfNeeded: random), UInt32(truncatingIfNeeded: random >> 32)]
            }
        }
        return keys.removeLast()
    }
}
