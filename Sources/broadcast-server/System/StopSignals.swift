import Glibc
import UnixSignals

/// Why the program is told to end from outside.
enum StopCause: Equatable, Sendable {
    case signal(UnixSignal)
    /// The time that the user has given it is over.
    case timedOut
    /// The standard output cannot be written any more.
    case outputFailed(SystemError)
    /// A node has missed something of its cluster: it is to begin anew.
    case clusterLost
    /// No end at all: the configuration is to be read anew.
    case reload
    /// Another process is to take its place.
    case upgrade
    /// Those who are here are to be sent away over so long a time.
    case drain(over: Duration)

    /// The code the shells use for a process that a signal ended; a closed pipe would have ended it with SIGPIPE.
    var exitCode: ExitCode {
        switch self {
        case .signal(.sighup), .reload: .hangup
        case .signal(.sigterm), .drain, .upgrade: .terminated
        case .signal: .interrupted
        case .timedOut: .timedOut
        case .outputFailed(SystemError(EPIPE)): .brokenPipe
        case .outputFailed: .inputOutput
        case .clusterLost: .unavailable
        }
    }

    /// The cause for the log.
    var name: String {
        switch self {
        case .signal(let signal): "\(signal)"
        case .timedOut: "its time is over"
        case .outputFailed(let error): "the standard output cannot be written: \(error)"
        case .reload: "it reads its configuration anew"
        case .upgrade: "another process takes its place"
        case .drain(let time): "it sends its clients away over \(TimeSpan(time).defaultValueDescription)"
        case .clusterLost: "its place in the cluster is lost: it begins anew"
        }
    }
}

/// The request to end: the first one is told, for an orderly end; a second signal ends the process at once.
struct StopSignals: Sendable {
    /// Yields the first cause for an end, then finishes; before that ``StopCause/clusterLost``, each time,
    /// ``StopCause/reload`` and ``StopCause/upgrade``.
    let causes: AsyncStream<StopCause>
    private let continuation: AsyncStream<StopCause>.Continuation
    private let end = Monitor(End())

    private struct End: Sendable {
        /// How often it was asked for.
        var count = 0
        var isReloadAskedFor = false
        var isUpgradeAskedFor = false
        var heeded: [Int32] = []
        /// Hurries the end that was asked for.
        var hurry: (@Sendable () -> Void)?
        /// Gives up what is under way.
        var giveUp: (@Sendable () -> Void)?
        /// Ends what would go on by itself.
        var cut: (@Sendable () -> Void)?
    }

    init() {
        (causes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(8))
    }

    /// Catches SIGINT and SIGTERM, and SIGHUP too: `onHangup` is called for it, or it stops the program when nil. One that
    /// the program was started to ignore, as by nohup(1), stays ignored.
    ///
    /// From its return on the signals no longer have their default effect. Lasts for the rest of the process.
    ///
    /// - Parameters:
    ///   - onUpgrade: called for SIGUSR2, which keeps its default effect when nil.
    ///   - beforeCut: called before the process ends at once, to give back what outlives it, such as the mode of a terminal.
    func watch(
        onHangup: (@Sendable () -> Void)? = nil,
        onUpgrade: (@Sendable () -> Void)? = nil,
        beforeCut: (@Sendable () -> Void)? = nil
    ) async {
        var heeded = [(SIGINT, UnixSignal.sigint), (SIGTERM, .sigterm), (SIGHUP, .sighup)]
        if onUpgrade != nil { heeded.append((SIGUSR2, .sigusr2)) }
        heeded.removeAll { Self.isIgnored($0.0) }
        end.withLock { [heeded] end in end.heeded = heeded.map(\.0) }
        let signals = await UnixSignalsSequence(trapping: heeded.map(\.1))
        Task {
            var isStopping = false
            for await signal in signals {
                if signal == .sighup, let onHangup {
                    onHangup()
                } else if signal == .sigusr2, let onUpgrade {
                    onUpgrade()
                } else if isStopping {
                    beforeCut?()
                    let cut = end.withLock { $0.cut }
                    cut?()
                    // Without any other clean-up, since that is what did not come to an end.
                    _exit(StopCause.signal(signal).exitCode.rawValue)
                } else {
                    isStopping = true
                    stop(.signal(signal))
                }
            }
        }
    }

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(signal, nil, &action) == 0 else { return false }
        let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return unsafe handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The signals that have another effect than their default one.
    var heededSignals: [Int32] { end.withLock { $0.heeded } }

    /// Asks a server to begin anew.
    func beginAnew() {
        continuation.yield(.clusterLost)
    }

    /// Asks for the configuration to be read anew: once, however often it is said before ``beginReload()``.
    func reload() {
        let isFirst = end.withLock { end in
            defer { end.isReloadAskedFor = true }
            return !end.isReloadAskedFor
        }
        if isFirst { continuation.yield(.reload) }
    }

    /// To be called before the configuration is read: what is said from now on asks for another time.
    func beginReload() {
        end.withLock { $0.isReloadAskedFor = false }
    }

    /// Asks for another process to take the place of this one: once, however often it is said before ``endUpgrade()``.
    func upgrade() {
        let isFirst = end.withLock { end in
            defer { end.isUpgradeAskedFor = true }
            return !end.isUpgradeAskedFor
        }
        if isFirst { continuation.yield(.upgrade) }
    }

    /// To be called when that has failed: what is said from now on asks for another attempt.
    func endUpgrade() {
        end.withLock { $0.isUpgradeAskedFor = false }
    }

    /// Asks for the end for another reason; asked for once more, it is hurried.
    func stop(_ cause: StopCause) {
        JobControl.end()
        continuation.yield(cause)
        continuation.finish()
        let next = end.withLock { end in
            end.count += 1
            return end.count > 1 ? end.hurry : end.giveUp
        }
        next?()
    }

    /// Whether the end was asked for, which may not have been heard yet.
    var isEndAskedFor: Bool { end.withLock { $0.count > 0 } }

    /// Sets what is called before the process ends at once, to end what would go on by itself; nil for nothing.
    func beforeCut(_ cut: (@Sendable () -> Void)?) {
        end.withLock { $0.cut = cut }
    }

    /// Runs `body`, which is the end that was asked for, as a task that is cancelled when that is asked for once more.
    func untilHurried<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
        let task = Task { await body() }
        let isHurried = end.withLock { end in
            end.hurry = task.cancel
            return end.count > 1
        }
        if isHurried { task.cancel() }
        return await task.value
    }

    /// Runs `body` as a task of its own, one at a time, which is cancelled when the end is asked for.
    func cancelling<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
        let task = Task { await body() }
        let isAskedFor = end.withLock { end in
            end.giveUp = task.cancel
            return end.count > 0
        }
        if isAskedFor { task.cancel() }
        let result = await task.value
        end.withLock { $0.giveUp = nil }
        return result
    }
}
