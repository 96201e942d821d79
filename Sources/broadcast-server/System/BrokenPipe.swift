import Glibc

/// What happens when the reader of a pipe is gone: not the sudden death by SIGPIPE, but an error of `write`.
enum BrokenPipe {
    /// Whether a closed standard output ends the program, as it does for every filter in a shell. A parent that had
    /// SIGPIPE ignored, as service managers do, wants it to live on.
    static let endsProgram = Monitor(true)

    /// Has the process survive SIGPIPE. To be called once, before anything is written.
    static func ignoreSignal() {
        let previous = signal(SIGPIPE, SIG_IGN)
        let wasIgnored = unsafe unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        endsProgram.withLock { $0 = !wasIgnored }
    }
}
