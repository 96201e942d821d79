import Glibc

/// A thread for work that blocks, such as writing to a terminal that stands still.
enum BackgroundThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts a detached thread that runs `body`.
    static func start(_ body: @escaping @Sendable () -> Void) throws(Failure) {
        // The new thread releases what is retained here.
        let start = unsafe Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            unsafe start.release()
            throw Failure(.systemError, "The system refuses another thread: \(SystemError(result)).")
        }
        pthread_detach(thread)
    }
}
