internal import Dispatch
internal import Glibc
internal import Synchronization

/// Where those jobs of a loop run that come after its end.
///
/// A job that is dropped leaves its task suspended for ever, so a task that outlives its loop, as one that waits for a
/// database does, goes on here: one job at a time, as on the loop, and not before the loop's thread has let go of
/// everything. What is confined to the loop is therefore as safe here as it was there; its connections have ended, and
/// nothing of lws is left.
final class Afterlife: Sendable {
    private let queue = DispatchQueue(label: "LWSSwift.afterlife", attributes: .initiallyInactive)
    /// The thread that runs a job now; 0 when none does.
    private let threadID = Atomic<UInt>(0)

    deinit {
        // A queue that never began may not be freed; again does no harm.
        queue.activate()
    }

    /// Whether the caller is one of the jobs.
    var isCurrent: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Lets the jobs run, since the loop's thread has come to its end.
    func begin() {
        queue.activate()
    }

    func run(_ job: @escaping @Sendable () -> Void) {
        queue.async { [self] in
            threadID.store(UInt(pthread_self()), ordering: .relaxed)
            job()
            threadID.store(0, ordering: .relaxed)
        }
    }
}
