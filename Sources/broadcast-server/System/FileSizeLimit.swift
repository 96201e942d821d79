import Glibc

/// What happens when a file may grow no further (`RLIMIT_FSIZE`): not the sudden death by SIGXFSZ, but an error of `write`.
enum FileSizeLimit {
    static func ignoreSignal() {
        signal(SIGXFSZ, SIG_IGN)
    }
}
