import Glibc

@testable import broadcast_server

/// A process with pipes at its three ends, started with `posix_spawn(3)`.
final class ChildProcess: Sendable {
    /// Pipes are marked as not inherited only after they were made: meanwhile no other process may be started, which
    /// would keep them open.
    private static let spawning = Monitor(())
    /// Writing to a program that has ended must not end the tests.
    private static let ignoresBrokenPipes: Void = BrokenPipe.ignoreSignal()

    let input: Descriptor
    let output: Descriptor
    let error: Descriptor
    private let pid: pid_t
    private let isInputOpen = Monitor(true)

    init(_ arguments: [String], environment: [String: String]) throws(SystemError) {
        Self.ignoresBrokenPipes
        let result = Self.spawning.withLock { _ in
            Result { () throws(SystemError) in
                try Self.spawn(arguments, environment.map { "\($0)=\($1)" })
            }
        }
        (pid, input, output, error) = try result.get()
    }

    private typealias Ends = (pid: pid_t, input: Descriptor, output: Descriptor, error: Descriptor)

    private static func spawn(_ arguments: [String], _ environment: [String]) throws(SystemError) -> Ends {
        let pipes = try (input: pipe(), output: pipe(), error: pipe())
        let theirs = [pipes.input.reading, pipes.output.writing, pipes.error.writing]
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        for (number, end) in theirs.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, end.number, Int32(number))
        }
        // The tests ignore SIGPIPE, but the program is to start as from a shell.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let argumentVector = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environmentVector = unsafe environment.map { unsafe strdup($0) } + [nil]
        let code = unsafe posix_spawn(&pid, arguments[0], &actions, &attributes, argumentVector, environmentVector)
        unsafe (argumentVector + environmentVector).forEach { unsafe free($0) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        for end in theirs { end.close() }
        guard code == 0 else { throw SystemError(code) }
        return (pid, pipes.input.writing, pipes.output.reading, pipes.error.reading)
    }

    private static func pipe() throws(SystemError) -> (reading: Descriptor, writing: Descriptor) {
        var ends: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else { throw SystemError() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (Descriptor(number: ends[0]), Descriptor(number: ends[1]))
    }

    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Blocks until the process stands still: it may go on for a moment after the signal that has it do so.
    func waitForStop() {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, WUNTRACED) == -1 && errno == EINTR {}
    }

    func closeInput() {
        isInputOpen.update { isOpen in
            if isOpen { input.close() }
            isOpen = false
        }
    }

    /// Blocks until the process has ended and returns its exit code, 128 and the signal for one that a signal ended.
    func waitForEnd() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) == -1 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

extension Descriptor {
    /// Has the number stand for an empty file from now on.
    func replaceByNothing() {
        let nothing = unsafe open("/dev/null", O_RDONLY)
        dup2(nothing, number)
        Glibc.close(nothing)
    }
}
