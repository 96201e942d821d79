internal import CLibWebSockets
internal import Glibc
internal import Synchronization

/// One piece of work for the loop's thread.
enum LoopJob: Sendable {
    /// A job of an actor that the loop is the executor of.
    case serial(UnownedJob)
    /// A job of a task that prefers the loop.
    case task(UnownedJob, LoopTaskExecutor)
    /// A closure handed in with ``ServiceLoop/execute(_:)``.
    case closure(@Sendable () -> Void)
}

/// What the loop's thread is to run, and the one way to wake it.
///
/// `lws_cancel_service` is the only function of lws that another thread may call (README.coding, "only live with one
/// thread"), and only while the context exists: the context is therefore kept here, under the same lock, and a wake-up
/// is asked for at most once between two drains.
///
/// Reason for the unchecked conformance: `local` is touched on the loop's thread only, which `isOnThread` decides; the
/// rest is atomic or behind the lock.
@safe
final class JobQueue: @unchecked Sendable {
    @safe
    private struct Inbox: @unchecked Sendable {
        // Reason for the unchecked conformance: the pointer is used under the lock, for `lws_cancel_service` only, and
        // is taken out before the context is destroyed.
        var jobs: [LoopJob] = []
        var context: OpaquePointer?
        var isWakeRequested = false
        var isClosed = false
    }

    /// Where jobs go that came too late.
    let afterlife = Afterlife()
    private let inbox = Lock(Inbox())
    private let threadID = Atomic<UInt>(0)
    /// Jobs that came from the loop's own thread.
    private var local: [LoopJob] = []

    /// Whether the caller runs on the loop's thread.
    var isOnThread: Bool {
        threadID.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Whether the caller is a job of the loop, before or after its end: what is confined to the loop is safe with it.
    var isCurrent: Bool { isOnThread || afterlife.isCurrent }

    /// Makes the calling thread the loop's.
    func bindToThread() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
    }

    /// The loop's thread ends, and touches nothing of the loop any more.
    func unbind() {
        threadID.store(0, ordering: .relaxed)
        afterlife.begin()
    }

    /// Appends a job: without a lock on the loop's thread, else waking it. False once the loop takes no more jobs.
    func submit(_ job: LoopJob) -> Bool {
        if isOnThread {
            local.append(job)
            return true
        }
        return inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            inbox.jobs.append(job)
            if !inbox.isWakeRequested, let context = unsafe inbox.context {
                inbox.isWakeRequested = true
                unsafe lws_cancel_service(context)
            }
            return true
        }
    }

    /// Swaps the jobs to run next with `spare`, an empty array whose storage is used again: those of the thread itself, then
    /// those of other threads, which a job that keeps making jobs must not keep waiting. On the loop's thread only.
    func take(into spare: inout [LoopJob]) {
        swap(&local, &spare)
        let others = inbox.withLock { inbox in
            inbox.isWakeRequested = false
            guard !inbox.jobs.isEmpty else { return [LoopJob]() }
            let jobs = inbox.jobs
            inbox.jobs = []
            return jobs
        }
        if spare.isEmpty {
            if !others.isEmpty { spare = others }
        } else {
            spare += others
        }
    }

    /// Whether the thread has made jobs for itself that wait. On the loop's thread only.
    var hasLocalJobs: Bool { !local.isEmpty }

    /// Connects the queue to the context it wakes; jobs that came before are found by the first drain.
    func attach(_ context: OpaquePointer) {
        let pointer = unsafe LoopPointer(context)
        inbox.withLock { unsafe $0.context = pointer.value }
    }

    /// From here on nobody wakes the context, so that it may be destroyed.
    func detach() {
        inbox.withLock { unsafe $0.context = nil }
    }

    /// Takes what the thread has made for itself after it closed the queue, as lws does when its context is destroyed.
    func leftovers() -> [LoopJob] {
        defer { local = [] }
        return local
    }

    /// Refuses further jobs if there are none left; otherwise false, and they must run first.
    func closeIfEmpty() -> Bool {
        inbox.withLock { inbox in
            guard inbox.jobs.isEmpty else { return false }
            inbox.isClosed = true
            return true
        }
    }
}

/// Jobs that were taken from a queue, in order, and how many of them have begun.
struct JobBatch {
    private var jobs: [LoopJob] = []
    private var begun = 0

    /// Whether all have begun.
    var isEmpty: Bool { begun == jobs.count }

    /// Takes what waits in a queue, once all of these have begun. On the loop's thread only.
    mutating func refill(from queue: JobQueue) {
        precondition(isEmpty, "Jobs would be forgotten.")
        release()
        queue.take(into: &jobs)
    }

    /// The next jobs, at most `count`, which are to be run now.
    mutating func begin(atMost count: Int) -> ArraySlice<LoopJob> {
        let start = begun
        begun = min(jobs.count, start + count)
        return jobs[start..<begun]
    }

    /// Lets go of what the jobs refer to, once all have run.
    mutating func release() {
        guard isEmpty else { return }
        jobs.removeAll(keepingCapacity: jobs.count < 1_024)
        begun = 0
    }
}

/// Carries a C pointer into a closure of the loop's own.
///
/// Reason for the unchecked conformance: the pointer is dereferenced on the loop's thread only, by the job that carries it.
@safe
struct LoopPointer: @unchecked Sendable {
    let value: OpaquePointer

    init(_ value: OpaquePointer) {
        unsafe self.value = value
    }
}
