/// How far a stream has been read, and whether what comes next is what it should be. Pure.
///
/// A stream gives every sequence once, so that nothing is missing between two messages of it, unless its limits have taken
/// something before it was read. A consumer that was made just now begins with the first that is there; what is missing before
/// that is gone. In the middle of what one consumer gives, a hole is the consumer's.
struct StreamReading: Sendable {
    enum Step: Equatable {
        case next
        /// It was told before, or comes from a consumer that was given up.
        case old
        /// Something is missing that may be there: to be read again from behind the last.
        case hole
        /// What stood between this and the last, which is named, is gone.
        case loss(after: UInt64)
    }

    /// The last sequence that was told.
    private(set) var last: UInt64 = 0
    private var generation = 0

    /// A new consumer is made.
    ///
    /// - Returns: where it has to begin, and its number.
    mutating func restart() -> (start: UInt64, generation: Int) {
        generation += 1
        return (last + 1, generation)
    }

    /// What comes from a consumer.
    ///
    /// - Parameters:
    ///   - isFirst: it is the first that the consumer has sent, which begins with what is there.
    ///   - known: the last sequence that there was when this node came: up to there, limits may have taken anything.
    mutating func take(_ sequence: UInt64, of generation: Int, isFirst: Bool, known: UInt64) -> Step {
        guard generation == self.generation, sequence > last else { return .old }
        let before = last
        guard sequence > max(before, known) + 1 else {
            last = sequence
            return .next
        }
        // Given up: what else it gives is read again from another one.
        guard isFirst else {
            self.generation += 1
            return .hole
        }
        last = sequence
        return .loss(after: before)
    }
}
