import Glibc

/// The job control of the shell that has started the program.
enum JobControl {
    /// Stops the process, as Ctrl-Z does, until the shell continues it. Does nothing when there is no such shell.
    static func stop() {
        // A signal to this very thread takes effect before `raise` returns, if the thread does not block it, as threads
        // do that were started from the concurrency runtime's.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTSTP)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(SIGTSTP)
    }
}
