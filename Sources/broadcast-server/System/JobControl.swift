import Glibc

/// The job control of the shell that has started the program.
enum JobControl {
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
        unblockSignals()
        var mode = termios()
        guard unsafe tcgetattr(terminal.number, &mode) == 0 else { throw SystemError() }
        // Setting what is set already changes nothing, but is for the foreground only (tcsetattr(3), SIGTTOU).
        while unsafe tcsetattr(terminal.number, TCSADRAIN, &mode) != 0 {
            guard errno == EINTR else { throw SystemError() }
        }
    }

    /// Whether the process has the terminal, and not the shell or another of its jobs; true of a terminal without jobs.
    static func isInForeground(of terminal: Descriptor) -> Bool {
        let group = tcgetpgrp(terminal.number)
        return group < 0 || group == getpgrp()
    }
}
