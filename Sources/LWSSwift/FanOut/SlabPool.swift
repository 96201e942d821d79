/// Memory for the slabs of a loop's logs: a few are kept, so that a busy group takes the same warm memory again and again,
/// and a quiet one holds none. Confined to the loop's thread.
@safe
final class SlabPool {
    /// What goes out as one packet to the network interface, which cuts it up: at most 64 KiB with all headers, and so 45
    /// segments of 1,448 bytes on an Ethernet. A slab of 68 KiB went out as two and cost a tenth more per byte.
    static let slabBytes = 45 * 1_448
    /// Messages that may begin in a slab: each has a slot of 8 bytes behind what is written. Enough for frames of 32 bytes.
    static let slotCount = 2_048
    private static let slotBytes = slotCount * MemoryLayout<FrameLog.Slot>.stride
    /// Slabs that are kept, 1.25 MiB.
    static let keptSlabs = 16

    private var free: [UnsafeMutableRawPointer] = unsafe []
    /// Slabs that logs hold.
    private(set) var takenSlabs = 0

    func take() -> UnsafeMutableRawPointer {
        takenSlabs += 1
        if let slab = unsafe free.popLast() { return unsafe slab }
        return UnsafeMutableRawPointer.allocate(byteCount: Self.slabBytes + Self.slotBytes, alignment: 64)
    }

    func give(_ slab: UnsafeMutableRawPointer) {
        takenSlabs -= 1
        if unsafe free.count < Self.keptSlabs {
            unsafe free.append(slab)
        } else {
            unsafe slab.deallocate()
        }
    }

    deinit {
        while let slab = unsafe free.popLast() { unsafe slab.deallocate() }
    }
}
