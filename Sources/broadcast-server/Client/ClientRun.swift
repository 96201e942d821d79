import Logging
import Synchronization

/// What a client tells at its end.
typealias ClientReport = (code: ExitCode, level: Logger.Level, text: String)

/// The run of a client as a process: it ends early by a signal, or when its output cannot be written, and has an exit code at
/// its end.
final class ClientRun: Sendable {
    private let stop = StopSignals()
    private let failure = Mutex<SystemError?>(nil)

    /// To be called when the standard output cannot be written.
    func outputFailed(_ error: SystemError) {
        failure.withLock { $0 = error }
        stop.stop(.outputFailed(error))
    }

    /// Does what the client is there for, tells how that ended, and closes the log.
    ///
    /// - Parameters:
    ///   - beforeCut: called before a second signal ends the process at once.
    ///   - body: is cancelled when the client is to end early; it leaves nothing behind.
    /// - Throws: a failure that was not told, or the exit code.
    func perform(
        _ log: ProgramLog,
        beforeCut: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable () async -> Result<ClientReport, Failure>
    ) async throws {
        await stop.watch(beforeCut: beforeCut)
        switch await firstToEnd(body) {
        case .stopped(let cause):
            if cause.exitCode != .brokenPipe { log.write(.info, "Left the chat (\(cause.name)).") }
            // Whoever ends the program does not wait for a reader of the output that stands still.
            log.close(atMost: .seconds(1))
            throw cause.exitCode
        case .done(.success(let report)):
            log.write(report.level, report.text)
            log.close()
            if report.code != .success { throw report.code }
        case .done(.failure(let failure)):
            log.writeToFile(.error, failure.message)
            log.close()
            throw failure
        }
        // The last of the output may have failed when there was nothing else to wait for.
        if let error = failure.withLock({ $0 }) {
            let code = StopCause.outputFailed(error).exitCode
            guard code != .brokenPipe else { throw code }
            throw Failure(code, "The standard output cannot be written: \(error). Make room, or send it elsewhere.")
        }
    }

    private enum End: Sendable {
        case done(Result<ClientReport, Failure>)
        case stopped(StopCause)
    }

    /// Runs `body`, cancelling it when a stop is asked for, and returns what came first once both are over.
    private func firstToEnd(_ body: @escaping @Sendable () async -> Result<ClientReport, Failure>) async -> End {
        await withTaskGroup { [stop] group in
            group.addTask { End.done(await body()) }
            group.addTask {
                for await cause in stop.causes { return .stopped(cause) }
                // Only a cancelled task gets here, and nobody looks at what it returns.
                return .done(.failure(Failure(.internalError, "")))
            }
            defer { group.cancelAll() }
            guard let end = await group.next() else { preconditionFailure("A group of two tasks returns something.") }
            return end
        }
    }
}
