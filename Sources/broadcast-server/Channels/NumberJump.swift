/// What numbers of a channel go on by when a server with a state directory was killed: it may have given out numbers that the
/// disk has not seen, and no position may ever name two messages. More than can have been given out without the disk: a
/// million each second for twelve days.
enum NumberJump {
    static let size: UInt64 = 1 << 40

    /// Whether a stretch of numbers reaches over a jump. What was said last before that is not known.
    static func isIn(_ span: UInt64) -> Bool { span >= size / 2 }

    /// How many publications of a stretch of numbers the disk has seen.
    static func publications(in span: UInt64) -> UInt64 {
        let rest = span % size
        // Of numbers just before a jump, which the disk has not seen.
        return isIn(rest) ? 0 : rest
    }
}
