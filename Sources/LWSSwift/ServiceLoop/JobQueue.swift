internal import CLibWebSockets

/// One piece of work for the loop's thread.
enum LoopJob: Sendable {
    /// A job of an actor, or of a task, that runs on the loop as serial executor.
    case serial(UnownedJob)
    /// A job of a task that prefers the loop.
    case task(UnownedJob)
    /// A closure handed in with ``ServiceLoop/execute(_:)``.
    case closure(@Sendable () -> Void)
}

/// What other threads have asked the loop to run, and the one way to wake it.
///
/// `lws_cancel_service` is the only function of lws that another thread may call (README.coding, "only live with one
/// thread"), and only while the context exists: the context is therefore kept here, under the same lock, and a wake-up
/// is asked for at most once between two drains.
final class JobQueue: Sendable {
    @safe
    private struct State: @unchecked Sendable {
        // Reason for the unchecked conformance: the pointer is used under the lock, for `lws_cancel_service` only, and
        // is taken out before the context is destroyed.
        var jobs: [LoopJob] = []
        var context: OpaquePointer?
        var wakeRequested = false
        var isClosed = false
    }

    private let state = Lock(State())

    /// Appends a job and wakes the loop; false when the loop no longer takes jobs.
    func push(_ job: LoopJob) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.jobs.append(job)
            if !state.wakeRequested, let context = unsafe state.context {
                state.wakeRequested = true
                unsafe lws_cancel_service(context)
            }
            return true
        }
    }

    /// Takes all jobs out by swapping them with an empty array, whose storage is reused.
    func drain(into jobs: inout [LoopJob]) {
        jobs = state.withLock { [spare = jobs] state in
            let drained = state.jobs
            state.jobs = spare
            state.wakeRequested = false
            return drained
        }
    }

    /// Connects the queue to the context it wakes; jobs that came before are found by the first drain.
    func attach(_ context: OpaquePointer) {
        let pointer = unsafe LoopPointer(context)
        state.withLock { unsafe $0.context = pointer.value }
    }

    /// From here on nobody wakes the context, so that it may be destroyed.
    func detach() {
        state.withLock { unsafe $0.context = nil }
    }

    /// Refuses further jobs if there are none left; otherwise false, and they must run first.
    func closeIfEmpty() -> Bool {
        state.withLock { state in
            guard state.jobs.isEmpty else { return false }
            state.isClosed = true
            return true
        }
    }
}

/// Carries a C pointer into a closure of the loop's own; the receiver dereferences it on the loop's thread only.
@safe
struct LoopPointer: @unchecked Sendable {
    let value: OpaquePointer

    init(_ value: OpaquePointer) {
        unsafe self.value = value
    }
}
