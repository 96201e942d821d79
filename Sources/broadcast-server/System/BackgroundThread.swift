import Glibc

/// A thread for work that blocks, such as writing to a terminal that stands still.
enum BackgroundThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a thread of its own, which may block, and returns what it returns.
    ///
    /// - Parameter giveUp: called on another thread, which may block as well, when the task is cancelled meanwhile or was
    ///   before: it is to have `body` return.
    static func run<Result: Sendable>(
        onCancel giveUp: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let result: Swift.Result<Result, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do throws(Failure) {
                    try start { continuation.resume(returning: Swift.Result { () throws(Failure) in try body() }) }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            // Without a thread for it nothing is given up, and a second signal ends the process.
            try? start(giveUp)
        }
        return try result.get()
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
