/// Frames as a server sends them, not masked, in memory (RFC 6455 section 5.2).
enum ServerFrame {
    /// The length of the header before a payload of `count` bytes.
    static func headerBytes(_ count: Int) -> Int {
        count <= 125 ? 2 : count <= 0xFFFF ? 4 : 10
    }

    /// Writes the header of a frame.
    ///
    /// - Parameter isCompressed: sets RSV1, on the first frame of a deflated message (RFC 7692 section 6).
    static func writeHeader(
        _ opcode: FrameEncoder.Opcode,
        isFinal: Bool,
        isCompressed: Bool,
        _ count: Int,
        to start: UnsafeMutableRawPointer
    ) {
        let first = (isFinal ? 0x80 : 0) | (isCompressed ? FrameEncoder.compressedBit : 0) | opcode.rawValue
        unsafe start.storeBytes(of: first, as: UInt8.self)
        switch count {
        case ...125:
            unsafe start.storeBytes(of: UInt8(count), toByteOffset: 1, as: UInt8.self)
        case ...0xFFFF:
            unsafe start.storeBytes(of: 126, toByteOffset: 1, as: UInt8.self)
            unsafe start.storeBytes(of: UInt16(count).bigEndian, toByteOffset: 2, as: UInt16.self)
        default:
            unsafe start.storeBytes(of: 127, toByteOffset: 1, as: UInt8.self)
            unsafe start.storeBytes(of: UInt64(count).bigEndian, toByteOffset: 2, as: UInt64.self)
        }
    }
}
