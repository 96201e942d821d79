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
        /// Reason for the unchecked conformance: `state` is touched between lock and unlock only.
        private final class Storage: @unchecked Sendable {
            var state: State
            let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

            init(_ state: State) {
                self.state = state
                unsafe pthread_mutex_init(mutex, nil)
            }

            deinit {
                unsafe pthread_mutex_destroy(mutex)
                unsafe mutex.deallocate()
            }
        }
        private let storage: Storage

        init(_ state: State) {
            storage = Storage(state)
        }

        func withLock<R: Sendable>(_ body: (inout State) -> R) -> R {
            unsafe pthread_mutex_lock(storage.mutex)
            defer { unsafe pthread_mutex_unlock(storage.mutex) }
            return body(&storage.state)
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
