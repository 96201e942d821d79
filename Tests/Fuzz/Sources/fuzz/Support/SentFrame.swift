@testable import LWSSwift

/// What the header of a frame says that a server has sent (RFC 6455 section 5.2).
struct SentFrame {
    let opcode: FrameEncoder.Opcode
    /// Header and payload.
    let byteCount: Int

    init(at start: UnsafeRawPointer) {
        let first = unsafe start.load(as: UInt8.self)
        let second = unsafe start.load(fromByteOffset: 1, as: UInt8.self)
        guard let opcode = FrameEncoder.Opcode(rawValue: first & 0x0F) else {
            preconditionFailure("A frame of ours has an opcode that we do not send.")
        }
        self.opcode = opcode
        switch second {
        case 126:
            byteCount = unsafe 4 + Int(UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        case 127:
            byteCount = unsafe 10 + Int(UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt64.self)))
        default: byteCount = 2 + Int(second)
        }
    }
}
