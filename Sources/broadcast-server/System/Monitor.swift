import Glibc

/// A value behind a lock that a thread can wait on: a mutex and a condition variable (`pthread_cond_wait(3)`).
///
/// It is for the threads of the log and of the standard input, which block by design. ThreadSanitizer understands it.
@safe final class Monitor<State: Sendable>: @unchecked Sendable {
    // Reason for the unchecked conformance: `state` is touched between lock and unlock only, and the two pointers never
    // change.
    // The mutex lets only one access in, so that checking for overlapping ones at run time would only take time.
    @exclusivity(unchecked) private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ state: State) {
        unsafe self.state = state
        unsafe pthread_mutex_init(mutex, nil)
        // Deadlines are kept on a clock that nobody sets.
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` on the value, without waking anybody.
    func withLock<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe body(&state)
    }

    /// Runs `body` on the value and wakes the threads that wait, so that they look again.
    func update<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        withLock { state in
            defer { unsafe pthread_cond_broadcast(condition) }
            return body(&state)
        }
    }

    /// Wakes the threads that wait, after a change made with ``withLock(_:)``.
    func wake() {
        unsafe pthread_cond_broadcast(condition)
    }

    /// Blocks the calling thread until `body` returns a value; nil when `limit` has passed before.
    func wait<Result: Sendable>(atMost limit: Duration, until body: (inout State) -> Result?) -> Result? {
        var deadline = Self.now(plus: limit)
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        // Each look at the state is an access of its own: one that lasted while others change it would be exclusive, and
        // the compiler might not look again.
        while true {
            if let result = unsafe body(&state) { return result }
            if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return unsafe body(&state) }
        }
    }

    /// Blocks the calling thread until `body` returns a value.
    func wait<Result: Sendable>(until body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = unsafe body(&state) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }

    private static func now(plus duration: Duration) -> timespec {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let (seconds, attoseconds) = duration.components
        let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
        time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        return time
    }
}
