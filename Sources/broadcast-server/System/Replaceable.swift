import Synchronization

/// A value that is replaced as a whole while others use it, on any thread: who has it already goes on with what it has.
final class Replaceable<Value: Sendable>: Sendable {
    private let slot: Mutex<Value>

    init(_ value: Value) {
        slot = Mutex(value)
    }

    var current: Value { slot.withLock { $0 } }

    func replace(with value: Value) {
        slot.withLock { $0 = value }
    }
}
