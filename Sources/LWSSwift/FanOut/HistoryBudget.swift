internal import Synchronization

/// A bound on what several groups keep of what was sent. It does not make room by itself: whoever owns the groups knows which
/// of them to have give way, with ``BroadcastGroup/dropHistory()``.
public final class HistoryBudget: Sendable {
    public let maximumBytes: Int
    private let bytes = Atomic<Int>(0)
    private let isTold = Atomic(false)
    private let onExceeded: @Sendable () -> Void

    /// - Parameters:
    ///   - maximumBytes: of the history of all groups.
    ///   - onExceeded: called on the loop of a group, once each time the bound is passed, in the middle of a `trySend`: it
    ///     should only see to it that somebody makes room.
    public init(maximumBytes: Int, onExceeded: @escaping @Sendable () -> Void) {
        self.maximumBytes = maximumBytes
        self.onExceeded = onExceeded
    }

    /// What is kept now; may be read on any thread.
    public var byteCount: Int { bytes.load(ordering: .relaxed) }

    func add(_ change: Int) {
        let total = bytes.add(change, ordering: .relaxed).newValue
        if total <= maximumBytes {
            if isTold.load(ordering: .relaxed) { isTold.store(false, ordering: .relaxed) }
        } else if !isTold.exchange(true, ordering: .relaxed) {
            onExceeded()
        }
    }
}
