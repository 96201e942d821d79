import Synchronization

/// Where lines for the log file go: a queue with its thread, or nowhere; exchanged for another while lines come.
final class LogFileSlot: Sendable {
    struct File: Sendable {
        let path: String
        let queue: LogQueue
        /// What keeps it from other programs; nil when they may have it.
        let lock: LogFileLock?
    }

    private let slot: Mutex<File?>

    init(_ file: File?) {
        slot = Mutex(file)
    }

    var path: String? { slot.withLock { $0?.path } }
    var lock: LogFileLock? { slot.withLock { $0?.lock } }

    /// Does something with the queue, if there is one, which is not exchanged meanwhile: `body` must not block.
    func use(_ body: (LogQueue) -> Void) {
        slot.withLock { file in
            if let file { body(file.queue) }
        }
    }

    /// Puts another file in the place; what comes from now on goes there.
    /// - Returns: the one before, to be closed.
    func exchange(for file: File?) -> File? {
        slot.withLock { slot in
            defer { slot = file }
            return slot
        }
    }
}
