/// A place in a ``FrameLog``: which slab, and how far into it. Places compare as the bytes they stand before.
struct LogPosition: Comparable {
    private static let offsetBits = 20
    private let rawValue: Int

    init(slab: Int, offset: Int) {
        rawValue = slab << Self.offsetBits | offset
    }

    var slab: Int { rawValue >> Self.offsetBits }
    var offset: Int { rawValue & (1 << Self.offsetBits - 1) }

    static func < (left: LogPosition, right: LogPosition) -> Bool {
        left.rawValue < right.rawValue
    }
}
