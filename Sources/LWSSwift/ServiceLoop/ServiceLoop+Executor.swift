extension ServiceLoop: SerialExecutor {
    /// Takes a job of an actor whose `unownedExecutor` is this loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard !submit(.serial(job)) else { return }
        jobQueue.afterlife.run { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Lets `assumeIsolated` succeed on the loop.
    public func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    /// Traps with a message when the caller is not on the loop.
    public func checkIsolated() {
        preconditionIsCurrent("An actor that is isolated to the loop")
    }

    /// Hands a job to the loop's thread; false once the loop has ended.
    func submit(_ job: LoopJob) -> Bool {
        jobQueue.submit(job)
    }

    func perform(_ job: LoopJob) {
        switch job {
        case .serial(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
        case .task(let job, let executor): unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
        case .closure(let body): body()
        }
    }
}

/// The face of a loop that tasks prefer; see ``ServiceLoop/taskExecutor``. It may outlive the loop, as tasks may.
final class LoopTaskExecutor: TaskExecutor {
    private let jobQueue: JobQueue

    init(_ jobQueue: JobQueue) {
        self.jobQueue = jobQueue
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard !jobQueue.submit(.task(job, self)) else { return }
        jobQueue.afterlife.run { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
