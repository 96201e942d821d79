import Synchronization

/// What is left of a number that several threads count down.
final class SharedRest: Sendable {
    private let value: Atomic<Int>

    init(_ count: Int) {
        value = Atomic(count)
    }

    /// - Returns: what is left then.
    func takeOne() -> Int { value.subtract(1, ordering: .acquiringAndReleasing).newValue }
}
