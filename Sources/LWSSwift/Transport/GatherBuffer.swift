/// Where pieces that go out in one write are put together, so that many small ones do not each cost a system call.
///
/// There is one for each loop, since a write is over before the next begins. Confined to the loop's thread.
@safe
final class GatherBuffer {
    /// A piece of this size is written from where it is, since it fills half of a write by itself. To copy a smaller one
    /// costs less than a system call and what TCP does for each: at 8 KiB, ten publishers with 64 messages of 64 bytes in
    /// flight cost a twentieth more for each delivery.
    static let directBytes = 32 << 10
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: SlabPool.slabBytes, alignment: 64)
    private(set) var count = 0

    deinit {
        unsafe bytes.deallocate()
    }

    func hasRoom(for more: Int) -> Bool {
        count + more <= SlabPool.slabBytes
    }

    func append(_ piece: UnsafeRawBufferPointer) {
        guard let start = piece.baseAddress else { return }
        unsafe (bytes + count).copyMemory(from: start, byteCount: piece.count)
        count += piece.count
    }

    /// Takes the pieces out; they are valid until the next is appended.
    func take() -> UnsafeRawBufferPointer {
        defer { count = 0 }
        return unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    }
}
