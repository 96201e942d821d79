import Synchronization

/// Keeps a log file from other programs, until the one that is to take the place of this one may have it as well. What each of
/// both appends are whole lines.
final class LogFileLock: Sendable {
    private struct State {
        var file: Descriptor?
        var isLentOut = false
    }

    private let state = Mutex(State())

    /// Takes a file in place of the one before, which is about to be closed.
    ///
    /// - Returns: false when another program has it.
    func take(_ file: Descriptor) -> Bool {
        state.withLock { state in
            state.file = file
            return state.isLentOut || file.lock()
        }
    }

    /// The file is about to be closed.
    func drop() {
        state.withLock { $0.file = nil }
    }

    /// Another program may take it from now on, while this one goes on to write.
    func lend() {
        state.withLock { state in
            state.isLentOut = true
            state.file?.unlock()
        }
    }

    /// Nobody else may any more. One that has taken it meanwhile keeps it.
    func takeBack() {
        state.withLock { state in
            state.isLentOut = false
            _ = state.file?.lock()
        }
    }
}
