import Glibc
import UnixSignals

/// Why the program is told to end from outside.
enum StopCause: Equatable, Sendable {
    case signal(UnixSignal)
    /// Nobody reads the standard output any more.
    case brokenPipe

    /// The code the shells use for a process that a signal ended.
    var exitCode: ExitCode {
        switch self {
        case .signal(.sighup): .hangup
        case .signal(.sigterm): .terminated
        case .signal: .interrupted
        case .brokenPipe: .brokenPipe
        }
    }

    var name: String {
        switch self {
        case .signal(let signal): "\(signal)"
        case .brokenPipe: "the standard output was closed"
        }
    }
}

/// The request to end: the first one is told, for an orderly end; a second signal ends the process at once.
struct StopSignals: Sendable {
    /// Yields the first cause, then finishes.
    let causes: AsyncStream<StopCause>
    private let continuation: AsyncStream<StopCause>.Continuation

    init() {
        (causes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Catches SIGINT and SIGTERM, and SIGHUP too: `onHangup` is called for it, or it stops the program when nil.
    ///
    /// From its return on the signals no longer have their default effect. Lasts for the rest of the process.
    func watch(onHangup: (@Sendable () -> Void)? = nil) async {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        Task {
            var isStopping = false
            for await signal in signals {
                if signal == .sighup, let onHangup {
                    onHangup()
                } else if isStopping {
                    // Without any clean-up, since that is what did not come to an end.
                    _exit(StopCause.signal(signal).exitCode.rawValue)
                } else {
                    isStopping = true
                    stop(.signal(signal))
                }
            }
        }
    }

    /// Asks for the end for another reason.
    func stop(_ cause: StopCause) {
        continuation.yield(cause)
        continuation.finish()
    }
}
