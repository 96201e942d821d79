/// Counts tasks that handle connections, for an orderly end to wait for.
final class HandlerTasks: Sendable {
    private struct State: Sendable {
        var count = 0
        var waiters: [WaitingTask<Void>] = []
    }

    private let state = Lock(State())

    var isEmpty: Bool { state.withLock { $0.count == 0 } }

    func add() {
        state.withLock { $0.count += 1 }
    }

    func remove() {
        let waiters = state.withLock { state in
            state.count -= 1
            guard state.count == 0 else { return [WaitingTask<Void>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.finish(()) }
    }

    /// Waits until none is left.
    func waitUntilEmpty() async {
        await WaitingTask.wait { task in
            let isEmpty = state.withLock { state in
                if state.count > 0 { state.waiters.append(task) }
                return state.count == 0
            }
            if isEmpty { task.finish(()) }
        }
    }
}

/// One handler of a connection, under way on a loop.
final class Handler: Sendable {
    /// The handler that the running task belongs to.
    @TaskLocal static var current: Handler?

    private let tasks: HandlerTasks
    private let isWaitedFor = Lock(true)

    fileprivate init(_ tasks: HandlerTasks) {
        self.tasks = tasks
        tasks.add()
    }

    /// Whether it runs on this loop.
    func belongs(to loop: ServiceLoop) -> Bool { tasks === loop.handlers }

    /// Nobody waits for it any more: it has ended, or waits itself for the end of its loop.
    func release() {
        let wasWaitedFor = isWaitedFor.withLock { isWaitedFor in
            defer { isWaitedFor = false }
            return isWaitedFor
        }
        if wasWaitedFor { tasks.remove() }
    }
}

extension ServiceLoop {
    /// Starts a handler: a task that prefers the loop, and that the loop's shutdown waits for.
    func startHandler<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) -> Task<Result, any Error> {
        let handler = Handler(handlers)
        return Task(executorPreference: taskExecutor) {
            defer { handler.release() }
            return try await Handler.$current.withValue(handler) { try await body() }
        }
    }

    /// Starts a handler here and now, on the loop's thread: one that never waits has ended when this returns.
    func startHandlerAtOnce(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        let handler = Handler(handlers)
        return Task.immediate(executorPreference: taskExecutor) {
            await Handler.$current.withValue(handler) { await body() }
            handler.release()
        }
    }
}
