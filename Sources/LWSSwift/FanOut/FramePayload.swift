/// The bytes of a message that a frame carries, in two parts that come together in the log only: a text before the message,
/// and the message. Valid as long as both are.
@safe
struct FramePayload {
    private var prefix: UnsafeRawBufferPointer
    private var bytes: UnsafeRawBufferPointer
    let count: Int

    init(prefix: UnsafeRawBufferPointer, bytes: UnsafeRawBufferPointer) {
        unsafe self.prefix = prefix
        unsafe self.bytes = bytes
        count = prefix.count + bytes.count
    }

    /// Takes a part out, from the beginning of the prefix on.
    mutating func removeFirst(_ count: Int) -> FramePayload {
        let border = min(count, unsafe prefix.count)
        let first = unsafe FramePayload(
            prefix: UnsafeRawBufferPointer(rebasing: prefix[..<border]),
            bytes: UnsafeRawBufferPointer(rebasing: bytes[..<(count - border)])
        )
        unsafe self = FramePayload(
            prefix: UnsafeRawBufferPointer(rebasing: prefix[border...]),
            bytes: UnsafeRawBufferPointer(rebasing: bytes[(count - border)...])
        )
        return first
    }

    @inline(__always)
    func copy(to memory: UnsafeMutableRawPointer) {
        if let source = unsafe prefix.baseAddress {
            unsafe memory.copyMemory(from: source, byteCount: prefix.count)
        }
        if let source = unsafe bytes.baseAddress {
            unsafe (memory + prefix.count).copyMemory(from: source, byteCount: bytes.count)
        }
    }
}
