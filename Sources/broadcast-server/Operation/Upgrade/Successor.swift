import FoundationEssentials
import Glibc

/// The process that is to take this server's place, from its start to its turn.
struct Successor: Sendable {
    let processID: Int32
    private let link: UpgradeLink
    /// From then on its number may be that of another process.
    private let isReaped = Monitor(false)

    /// How long it may take to look at its configuration.
    private static let patience = Duration.seconds(30)
    /// Copies of descriptors lie beyond those that the process is to find them at.
    private static let copies: Int32 = 100

    /// Starts a program with the arguments and the variables of this process, and passes sockets on to it, of which this
    /// process gives up its copies in any case.
    ///
    /// - Parameter heededSignals: those that this process has others do than end it, and that are to end that one.
    init(program: String, passing sockets: ListeningSockets, heededSignals: [Int32]) throws(Failure) {
        var sockets = sockets
        defer { sockets.close() }
        var own: UpgradeLink?
        do throws(SystemError) {
            let ends = try UpgradeLink.pair()
            own = ends.0
            sockets.predecessor = ends.1.descriptor
            link = ends.0
            processID = try Self.spawn(program, sockets, heededSignals)
        } catch {
            own?.close()
            throw Failure(.systemError, "\(EscapedText.escape(program)) cannot be started: \(error).")
        }
    }

    private static func spawn(
        _ program: String,
        _ sockets: ListeningSockets,
        _ heededSignals: [Int32]
    ) throws(SystemError) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        for (index, socket) in sockets.all.enumerated() {
            // One that lies where another is to be would be lost.
            let copy = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, Self.copies)
            guard copy >= 0 else { throw SystemError() }
            copies.append(copy)
            unsafe posix_spawn_file_actions_adddup2(&actions, copy, ListeningSockets.first + Int32(index))
        }
        keepOthers()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in heededSignals { unsafe sigaddset(&signals, signal) }
        if BrokenPipe.endsProgram.withLock({ $0 }) { unsafe sigaddset(&signals, SIGPIPE) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let arguments = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
        let environment = unsafe variables(sockets).map { unsafe strdup("\($0)=\($1)") } + [nil]
        defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
        var number: pid_t = 0
        let result = unsafe posix_spawn(&number, program, &actions, &attributes, arguments, environment)
        guard result == 0 else { throw SystemError(result) }
        return number
    }

    /// Sees to it that no other descriptor is passed on: libraries open some that would be.
    private static func keepOthers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in names.compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// The number of the process is not known before it runs: it knows that of its parent.
    private static func variables(_ sockets: ListeningSockets) -> [String: String] {
        var variables = ProcessInfo.processInfo.environment
        variables["WATCHDOG_PID"] = nil
        variables["LISTEN_PID"] = "\(getpid())"
        return variables.merging(sockets.variables) { $1 }
    }

    /// Blocks until it waits for its turn; after a failure it has ended. To be called once, or ``end()``.
    func waitUntilReady() throws(Failure) {
        let word = link.hear(within: Self.patience)
        if word == .ready { return }
        let code = end()
        if case .failed(let reason)? = word { throw Failure(.unavailable, "The new server cannot start: \(reason)") }
        throw Failure(.unavailable, "The new server did not start (exit code \(code)).")
    }

    /// Gives it its turn.
    ///
    /// - Returns: false when it has none, because it has ended or is about to: then it is to be ended.
    func go(connections: Int) -> Bool {
        guard link.say(.go(connections: connections)) else { return false }
        link.close()
        return true
    }

    /// Has nobody wait for it any longer. On any thread.
    func giveUp() {
        isReaped.withLock { isReaped in
            if !isReaped { kill(processID, SIGKILL) }
        }
    }

    /// Ends it, if it has not ended, and returns its exit code, 128 and the signal for one that a signal ended. Blocks.
    @discardableResult
    func end() -> Int32 {
        defer { link.close() }
        link.hangUp()
        var status: Int32 = 0
        // One that has said why is about to end by itself.
        for _ in 0..<100 {
            if reap(&status) { return Self.exitCode(status) }
            usleep(10_000)
        }
        giveUp()
        while !reap(&status) { usleep(1_000) }
        return Self.exitCode(status)
    }

    /// - Returns: whether it has ended.
    private func reap(_ status: inout Int32) -> Bool {
        let found = isReaped.withLock { isReaped in
            var status: Int32 = 0
            isReaped = unsafe waitpid(processID, &status, WNOHANG) != 0
            return (isReaped, status)
        }
        status = found.1
        return found.0
    }

    private static func exitCode(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
