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
        // In one order for all loops: either it is seen here that room was made while somebody was told, or there that
        // somebody was.
        let total = bytes.add(change, ordering: .sequentiallyConsistent).newValue
        if total <= maximumBytes {
            if isTold.load(ordering: .sequentiallyConsistent) { isTold.store(false, ordering: .sequentiallyConsistent) }
        } else if !isTold.exchange(true, ordering: .sequentiallyConsistent) {
            onExceeded()
            if bytes.load(ordering: .sequentiallyConsistent) <= maximumBytes {
                isTold.store(false, ordering: .sequentiallyConsistent)
            }
        }
    }
}
