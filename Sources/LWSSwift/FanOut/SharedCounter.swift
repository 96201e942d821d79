internal import Synchronization

/// A number that several loops read and write.
final class SharedCounter: Sendable {
    private let value = Atomic<Int>(0)

    func add(_ change: Int) {
        value.add(change, ordering: .relaxed)
    }

    var current: Int { value.load(ordering: .relaxed) }
}
