internal import DequeModule
internal import Dispatch

/// Work that blocks its thread, such as looking up a name, done beside the loops: at most sixteen pieces at a time, the
/// others in order after them.
///
/// It has threads of its own. On Linux the pool behind `DispatchQueue.global()` is also the one that runs Swift's tasks and
/// wakes those that sleep, and it grows by about one thread a second when all of its threads block: hundreds of lookups
/// at a time, as when many clients connect again while a name server is down, would keep every task of the program waiting.
final class BlockingWork: Sendable {
    private struct State: Sendable {
        var idle: [DispatchQueue]
        var waiting: Deque<@Sendable () -> Void> = []
    }
    private let state: Lock<State>

    /// The one of the process: what it bounds is the threads of the process.
    static let shared = BlockingWork(width: 16)

    init(width: Int) {
        // Serial queues run on threads beside those of the pool, and give them back when they have nothing to do.
        state = Lock(State(idle: (0..<width).map { _ in DispatchQueue(label: "LWSSwift.blocking") }))
    }

    /// Does `work` on another thread, soon or when others are done. May be called anywhere.
    func run(_ work: @escaping @Sendable () -> Void) {
        let queue = state.withLock { state in
            let queue = state.idle.popLast()
            if queue == nil { state.waiting.append(work) }
            return queue
        }
        if let queue { run(work, on: queue) }
    }

    private func run(_ work: @escaping @Sendable () -> Void, on queue: DispatchQueue) {
        queue.async { [self] in
            work()
            let next = state.withLock { state in
                let next = state.waiting.popFirst()
                if next == nil { state.idle.append(queue) }
                return next
            }
            if let next { run(next, on: queue) }
        }
    }
}
