#if TSAN
    internal import Glibc
#else
    internal import Synchronization
#endif

/// The one lock of the package: mutual exclusion over a value.
///
/// It is `Synchronization.Mutex`, except under ThreadSanitizer, which does not understand that type on Linux and would
/// report every access as a race; `scripts/sanitizers` builds with `-DTSAN` to get a lock the tool knows.
struct Lock<State: Sendable>: ~Copyable, Sendable {
    #if TSAN
        /// In memory of their own: the tool takes an access to one property of an object for one to the whole object.
        ///
        /// Reason for the unchecked conformance of the pointers: `state` is touched between lock and unlock only.
        @safe
        private struct Storage: @unchecked Sendable {
            let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
            let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        }
        private let storage = Storage()

        init(_ state: State) {
            unsafe storage.state.initialize(to: state)
            unsafe pthread_mutex_init(storage.mutex, nil)
        }

        deinit {
            unsafe pthread_mutex_destroy(storage.mutex)
            unsafe storage.mutex.deallocate()
            unsafe storage.state.deinitialize(count: 1)
            unsafe storage.state.deallocate()
        }

        func withLock<R: Sendable>(_ body: (inout State) -> R) -> R {
            unsafe pthread_mutex_lock(storage.mutex)
            defer { unsafe pthread_mutex_unlock(storage.mutex) }
            return unsafe body(&storage.state.pointee)
        }
    #else
        private let mutex: Mutex<State>

        init(_ state: State) {
            mutex = Mutex(state)
        }

        func withLock<R: Sendable>(_ body: (inout State) -> R) -> R {
            mutex.withLock { state in body(&state) }
        }
    #endif
}
