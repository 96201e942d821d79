/// A task that waits for something the loop, or another thread, will give it: exactly once.
@safe
struct WaitingTask<Value: Sendable>: Sendable {
    private let continuation: UnsafeContinuation<Value, Never>
    #if TSAN
        /// See `wait`.
        private let order: Order
        fileprivate final class Order: Sendable {
            let lock = Lock(())
        }
    #endif

    /// Lets the task go on with a value. On any thread.
    func finish(_ value: Value) {
        #if TSAN
            order.lock.withLock { _ in }
        #endif
        unsafe continuation.resume(returning: value)
    }

    /// Suspends the calling task until the one that `start` hands out is finished.
    ///
    /// The runtime does not always tell ThreadSanitizer that the finish comes before what follows (see
    /// scripts/thread-suppressions); under it a lock does.
    static func wait(_ start: (WaitingTask) -> Void) async -> Value {
        #if TSAN
            let order = Order()
            defer { order.lock.withLock { _ in } }
            return unsafe await withUnsafeContinuation { start(unsafe WaitingTask(continuation: $0, order: order)) }
        #else
            return unsafe await withUnsafeContinuation { start(unsafe WaitingTask(continuation: $0)) }
        #endif
    }
}
