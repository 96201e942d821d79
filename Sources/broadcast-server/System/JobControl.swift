import Glibc
import Synchronization

/// The job control of the shell that has started the program.
enum JobControl {
    private static let isEnding = Atomic(false)

    /// Has nobody wait for the foreground any more: a shell that ends a stopped job continues it for that, and it must not
    /// stop again before it has ended.
    static func end() {
        isEnding.store(true, ordering: .relaxed)
    }

    /// Stops the process, as Ctrl-Z does, until the shell continues it. Does nothing when there is no such shell.
    static func stop() {
        // A signal to this very thread takes effect before `raise` returns.
        unblockSignals()
        raise(SIGTSTP)
    }

    /// Has the system stop the process when the calling thread uses the terminal in the background, as it does with any
    /// other: it does not if the thread blocks the signal for that, as threads do that were started from the concurrency
    /// runtime's. Reading would find the end of the input then, and the shell lose the terminal's mode.
    static func unblockSignals() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTSTP, SIGTTIN, SIGTTOU] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Waits until the process is in the foreground of a terminal: in the background it stops until the shell brings it
    /// there.
    static func claimTerminal(_ terminal: Descriptor) throws(SystemError) {
        awaitForeground(of: terminal)
        var mode = termios()
        guard unsafe tcgetattr(terminal.number, &mode) == 0 else { throw SystemError() }
        // Setting what is set already changes nothing, but is for the foreground only (tcsetattr(3), SIGTTOU).
        while unsafe tcsetattr(terminal.number, TCSADRAIN, &mode) != 0 {
            guard errno == EINTR else { throw SystemError() }
        }
    }

    /// The same without errors. It never returns in the background of a process that is ending.
    ///
    /// The system would do it, too, when the terminal is used; but then the process would stop again in the moment in which
    /// it is continued, and what it was told meanwhile would wait until it is in the foreground.
    static func awaitForeground(of terminal: Descriptor) {
        unblockSignals()
        while !isInForeground(of: terminal), hasShell {
            // Whoever has continued it may have told it to end, which takes a moment to be known. Counted in steps, since time
            // goes on while the process has stopped.
            for _ in 0..<50 where !isInForeground(of: terminal) { usleep(10_000) }
            while isEnding.load(ordering: .relaxed), !isInForeground(of: terminal) { usleep(100_000) }
            // Like the system, all of the job.
            if !isInForeground(of: terminal) { kill(0, SIGTTIN) }
        }
    }

    /// Waits until there is something to read from a terminal, and the process is in the foreground.
    static func awaitInput(of terminal: Descriptor) {
        awaitForeground(of: terminal)
        var descriptor = pollfd(fd: terminal.number, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&descriptor, 1, -1) < 0, errno == EINTR {}
        awaitForeground(of: terminal)
    }

    /// Whether there is one in the session that can continue the process; otherwise the system does not stop it for the
    /// terminal's sake.
    private static var hasShell: Bool {
        let parent = getppid()
        return getsid(parent) == getsid(0) && getpgid(parent) != getpgrp()
    }

    /// Whether the process has the terminal, and not the shell or another of its jobs; true of a terminal without jobs.
    static func isInForeground(of terminal: Descriptor) -> Bool {
        let group = tcgetpgrp(terminal.number)
        return group < 0 || group == getpgrp()
    }
}
