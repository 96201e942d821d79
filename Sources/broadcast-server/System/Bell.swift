import Synchronization

/// Wakes one waiting task: a ring that comes while nobody waits is kept for the next one who does, any number as one.
final class Bell: Sendable {
    private enum State {
        case silent
        case rung
        case awaited(CheckedContinuation<Void, Never>)
        case finished
    }

    private let state = Mutex(State.silent)

    func ring() {
        wake { state in
            if case .finished = state { .finished } else if case .awaited = state { .silent } else { .rung }
        }
    }

    /// Rings for good: nobody waits any more.
    func finish() {
        wake { _ in .finished }
    }

    /// Waits for a ring; returns at once when the task is cancelled, which others can wait after. One task at a time may
    /// wait.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if !hold(continuation) { continuation.resume() }
            }
        } onCancel: {
            wake { state in if case .awaited = state { .silent } else { state } }
        }
    }

    /// Keeps who waits until the next ring; false when there is nothing to wait for.
    private func hold(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            // Asked within the lock: of a task that is cancelled later the handler finds the continuation.
            guard !Task.isCancelled else { return false }
            switch state {
            case .awaited:
                preconditionFailure("Two tasks wait for one bell.")
            case .finished:
                return false
            case .rung:
                state = .silent
                return false
            case .silent:
                state = .awaited(continuation)
                return true
            }
        }
    }

    /// Goes over to another state, and wakes who waited in the last one.
    private func wake(_ next: (State) -> State) {
        let last = state.withLock { state in
            defer { state = next(state) }
            return state
        }
        if case .awaited(let continuation) = last { continuation.resume() }
    }
}
