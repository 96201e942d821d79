internal import CLibWebSockets

extension ServiceLoop: SerialExecutor {
    /// Takes a job of an actor whose `unownedExecutor` is this loop, or of its tasks.
    public func enqueue(_ job: UnownedJob) {
        if !submit(.serial(job)) { Afterlife.run(.serial(job), of: self) }
    }

    /// Takes a job of an actor whose `unownedExecutor` is this loop, or of its tasks.
    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(UnownedJob(job))
    }

    /// Lets `assumeIsolated` succeed on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    /// Traps with a message when the caller is not on the loop's thread.
    public func checkIsolated() {
        preconditionIsCurrent("An actor that is isolated to the loop")
    }

    /// Appends a job: without a lock on the loop, else through the queue that wakes it. False once the loop has ended.
    func submit(_ job: LoopJob) -> Bool {
        guard isCurrent else { return jobQueue.push(job) }
        localJobs.append(job)
        return true
    }

    func perform(_ job: LoopJob) {
        switch job {
        case .serial(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
        case .task(let job): unsafe job.runSynchronously(on: loopTaskExecutor.asUnownedTaskExecutor())
        case .closure(let body): body()
        }
    }
}

/// The face of a loop that tasks prefer; see ``ServiceLoop/taskExecutor``.
final class LoopTaskExecutor: TaskExecutor {
    private unowned let loop: ServiceLoop

    init(_ loop: ServiceLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !loop.submit(.task(job)) { Afterlife.run(.task(job), of: loop) }
    }
}
