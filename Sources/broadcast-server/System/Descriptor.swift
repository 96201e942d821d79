import Glibc

/// A file descriptor, read and written whole: interrupted calls are repeated, and a descriptor in non-blocking mode is
/// waited for, because a terminal shares that mode with whatever else has it open.
struct Descriptor: Equatable, Sendable {
    static let standardInput = Descriptor(number: STDIN_FILENO)
    static let standardOutput = Descriptor(number: STDOUT_FILENO)
    static let standardError = Descriptor(number: STDERR_FILENO)

    let number: Int32
    /// Whether a call may take so long and no longer (`SO_RCVTIMEO` in socket(7)), after which it fails with `EAGAIN`.
    var hasTimeLimit = false

    var isTerminal: Bool { isatty(number) == 1 }

    /// Opens a file to append to, making one for its owner alone when there is none. No symbolic link is followed, which
    /// somebody else may have put there, and a pipe that nobody reads is not waited for.
    static func append(to path: String) throws(SystemError) -> Descriptor {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let number = unsafe open(path, flags, 0o600)
        guard number >= 0 else { throw SystemError() }
        return Descriptor(number: number)
    }

    /// Keeps the file from other programs that ask for the same, until it is closed; false when another one has it.
    func lock() -> Bool {
        flock(number, LOCK_EX | LOCK_NB) == 0
    }

    /// Lets other programs have it again.
    func unlock() {
        flock(number, LOCK_UN)
    }

    /// Points the standard descriptors that were closed by the parent at `/dev/null`, before another file gets their
    /// number and is mistaken for them. Writing to a standard output that was closed goes on to fail.
    static func openMissingStandardDescriptors() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is taken, which is this one.
            _ = unsafe open("/dev/null", number == STDOUT_FILENO ? O_RDONLY : O_RDWR)
        }
    }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        try write(bytes[...])
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) {
        var rest = bytes
        try write(from: &rest)
    }

    /// The same, of which after a failure that is left which was not written.
    func write(from rest: inout ArraySlice<UInt8>) throws(SystemError) {
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else {
                try waitAfterFailure(for: POLLOUT)
            }
        }
    }

    /// Reads at most `limit` bytes, waiting until there are some; none at the end of the input.
    func read(atMost limit: Int) throws(SystemError) -> [UInt8] {
        while true {
            var count = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
                count = unsafe Glibc.read(number, buffer.baseAddress, limit)
                initialized = max(count, 0)
            }
            if count >= 0 { return bytes }
            try waitAfterFailure(for: POLLIN)
        }
    }

    /// The same for what somebody may type: of a terminal it reads only while the process is in its foreground.
    func readInForeground(atMost limit: Int) throws(SystemError) -> [UInt8] {
        if isTerminal { JobControl.awaitInput(of: self) }
        return try read(atMost: limit)
    }

    func close() {
        _ = Glibc.close(number)
    }

    /// Returns when the call that failed may be repeated, or throws.
    private func waitAfterFailure(for events: Int32) throws(SystemError) {
        switch errno {
        case EINTR:
            return
        // One with a limit has waited already.
        case EAGAIN where !hasTimeLimit:
            var descriptor = pollfd(fd: number, events: Int16(events), revents: 0)
            _ = unsafe poll(&descriptor, 1, -1)
        default:
            throw SystemError()
        }
    }
}
