/// Memory for the slabs of a loop's logs: a few are kept, so that a busy group takes the same warm memory again and again,
/// and a quiet one holds none. Confined to the loop's thread.
@safe
final class SlabPool {
    /// What one write may carry: a fragment of 64 KiB with its header, or four messages of 16 KiB with theirs.
    static let slabBytes = ServiceLoop.writeBytes
    /// Slabs that are kept, a little over 1 MiB.
    private static let keptSlabs = 16

    private var free: [UnsafeMutableRawPointer] = unsafe []
    /// Slabs that logs hold.
    private(set) var takenSlabs = 0

    func take() -> UnsafeMutableRawPointer {
        takenSlabs += 1
        if let slab = unsafe free.popLast() { return unsafe slab }
        return UnsafeMutableRawPointer.allocate(byteCount: Self.slabBytes, alignment: 64)
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
