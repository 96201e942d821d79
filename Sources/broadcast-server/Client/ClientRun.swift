import Glibc
import Logging
import Synchronization

/// The run of a client as a process: it ends early by a signal, when its time is over, or when its output cannot be written,
/// and has an exit code at its end.
final class ClientRun: Sendable {
    /// How long a client whose time is over has to say goodbye, before the process ends whatever it is doing.
    static let farewell = Duration.milliseconds(500)

    private let stop = StopSignals()
    private let failure = Mutex<SystemError?>(nil)
    private let deadline: ContinuousClock.Instant?

    /// - Parameter timeout: how long everything may take from now on, connecting and closing included; nil for ever.
    init(timeout: Duration?) {
        deadline = timeout.map { .now + $0 }
    }

    /// To be called when the standard output cannot be written.
    func outputFailed(_ error: SystemError) {
        failure.withLock { $0 = error }
        stop.stop(.outputFailed(error))
    }

    /// Does what the client is there for, tells how that ended, and closes the log.
    ///
    /// - Parameters:
    ///   - beforeCut: called before the process ends at once, by a second signal or because its time is over.
    ///   - body: is cancelled when the client is to end early; it leaves nothing behind.
    /// - Throws: a failure that was not told, or the exit code.
    func perform(
        _ log: ProgramLog,
        beforeCut: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable () async -> Result<ClientReport, Failure>
    ) async throws {
        await stop.watch(beforeCut: beforeCut)
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        reportStops(to: continuation)
        let work = Task { continuation.yield(.ended(await body())) }
        var cause: StopCause?
        var result: Result<ClientReport, Failure>?
        waiting: for await event in events {
            switch event {
            case .stopped(let first):
                cause = first
                work.cancel()
            case .ended(let end):
                result = end
                break waiting
            case .timeIsOver, .logIsClosed:
                cause = cause ?? .timedOut
                break waiting
            }
        }
        let code = tell(cause, result, log)
        guard result != nil else {
            log.close(atMost: Self.farewell)
            beforeCut?()
            // Without any other clean-up, since that is what did not come to an end.
            _exit(code.rawValue)
        }
        if let cause {
            // Whoever ends the program does not wait for a reader of the output that stands still.
            log.close(atMost: cause == .timedOut ? Self.farewell : .seconds(1))
        } else {
            try await close(log, events, continuation)
        }
        if cause == nil, case .failure(let failure)? = result { throw failure }
        if cause == nil { try requireWrittenOutput() }
        if code != .success { throw code }
    }

    /// What can happen while the client is at work.
    private enum Event: Sendable {
        case stopped(StopCause)
        case ended(Result<ClientReport, Failure>)
        /// Also the time to say goodbye.
        case timeIsOver
        case logIsClosed
    }

    private func reportStops(to events: AsyncStream<Event>.Continuation) {
        Task { [stop] in
            for await cause in stop.causes { events.yield(.stopped(cause)) }
        }
        guard let deadline else { return }
        Task { [stop] in
            try? await Task.sleep(until: deadline, clock: .continuous)
            stop.stop(.timedOut)
            try? await Task.sleep(for: Self.farewell)
            events.yield(.timeIsOver)
        }
    }

    /// Logs how it ended, and returns the exit code.
    private func tell(_ cause: StopCause?, _ result: Result<ClientReport, Failure>?, _ log: ProgramLog) -> ExitCode {
        let remarks = (try? result?.get())?.remarks ?? ""
        switch (cause, result) {
        case (nil, .success(let report)?):
            guard let ending = report.ending else {
                preconditionFailure("A client that nobody has stopped tells how it ended.")
            }
            log.write(ending.level, ending.text + remarks)
            return ending.code
        case (nil, .failure(let failure)?):
            log.writeToFile(.error, failure.message)
            return failure.code
        case (nil, nil):
            preconditionFailure("A client that nobody has stopped comes to its end.")
        case (.outputFailed(SystemError(EPIPE))?, _):
            return .brokenPipe
        case (.timedOut?, _):
            log.write(.error, "The time given with --timeout has passed.\(remarks)")
            return .timedOut
        case (let cause?, _):
            // A program whose console is quiet tells what went wrong all the same.
            let level: Logger.Level = if case .outputFailed = cause { .error } else { .info }
            log.write(level, "Left the chat (\(cause.name)).\(remarks)")
            return cause.exitCode
        }
    }

    /// Waits until everything is written that was told, unless the program is to end before.
    private func close(
        _ log: ProgramLog,
        _ events: AsyncStream<Event>,
        _ continuation: AsyncStream<Event>.Continuation
    ) async throws {
        try BackgroundThread.start {
            log.close()
            continuation.yield(.logIsClosed)
        }
        for await event in events {
            switch event {
            case .logIsClosed: return
            // The output cannot be written, which is looked at afterwards.
            case .stopped(.outputFailed): continue
            case .stopped(let cause): throw cause.exitCode
            case .ended, .timeIsOver: continue
            }
        }
    }

    /// The last of the output may have failed when there was nothing else to wait for.
    private func requireWrittenOutput() throws {
        guard let error = failure.withLock({ $0 }) else { return }
        let code = StopCause.outputFailed(error).exitCode
        guard code != .brokenPipe else { throw code }
        throw Failure(code, "The standard output cannot be written: \(error). Make room, or send it elsewhere.")
    }
}
