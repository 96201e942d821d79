internal import Dispatch

/// Runs the jobs of loops that have been shut down.
///
/// A job that is dropped leaves its task suspended for ever, so a task that outlives its loop goes on here: one at a
/// time, as on the loop, but on no thread that lws knows, where operations on connections throw `.loopStopped`.
enum Afterlife {
    private static let queue = DispatchQueue(label: "LWSSwift.afterlife")

    static func run(_ job: @escaping @Sendable () -> Void) {
        queue.async(execute: job)
    }
}
