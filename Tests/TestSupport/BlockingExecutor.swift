internal import Dispatch

/// Runs an actor on a queue of its own, so that it may block without taking a thread that tasks need.
final class BlockingExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "raw socket")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
