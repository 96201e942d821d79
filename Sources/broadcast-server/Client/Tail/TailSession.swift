import LWSSwift
import Logging

/// Prints a channel from its events, until there is a reason to end.
struct TailSession: Sendable {
    let settings: TailSettings
    let log: ProgramLog
    let loop: ServiceLoop

    private enum End: Sendable {
        case counted
        /// The task was cancelled.
        case stopped
        /// By the server, which says that no more will come, or for which nobody is to come back.
        case ended
        case failed(WebSocketError)
    }

    /// - Throws: why there was no connection at all.
    func run() async throws(Failure) -> ClientReport {
        var configuration = settings.stream
        configuration.onInterruption = { [log] interruption, delay in log.write(interruption, delay) }
        let stream: EventStream
        do throws(WebSocketError) {
            stream = try await EventStream.connect(to: settings.target.description, configuration, on: loop)
        } catch {
            throw Failure(error, connectingTo: settings.url)
        }
        log.write(.info, "Connected.")
        defer { stream.close() }
        return report(await print(stream))
    }

    private func print(_ stream: EventStream) async -> End {
        var remaining = settings.count
        do throws(WebSocketError) {
            var events = stream.makeAsyncIterator()
            while let event = try await events.next() {
                let event = TailEvent(event, isJSON: settings.isJSON)
                if let gap = event.gap { log.write(.warning, GapNotice.line(gap)) }
                if let notice = event.status.flatMap(StatusNotice.init) { log.write(notice.level, notice.line) }
                // Waits while the reader of the output is slow.
                if let line = event.line { await log.printOutput(Array("\(line)\n".utf8)) }
                guard event.isMessage, let count = remaining else { continue }
                remaining = count - 1
                if count <= 1 { return .counted }
            }
            return Task.isCancelled ? .stopped : .ended
        } catch {
            return Task.isCancelled ? .stopped : .failed(error)
        }
    }

    private func report(_ end: End) -> ClientReport {
        switch end {
        case .counted:
            ClientReport(.success, .info, "As many messages as asked for have come.")
        case .stopped:
            ClientReport()
        case .ended where settings.stream.reconnects:
            ClientReport(.success, .info, "The server says that no more will come.")
        case .ended:
            ClientReport(.serverWentAway, .error, "The server has ended the stream.")
        case .failed(let error) where error.code == .closed:
            ClientReport(.unavailable, .error, error.message)
        case .failed(let error) where error.code == .messageTooBig:
            ClientReport(.protocolError, .error, "\(error.message) Take larger ones with --max-message.")
        case .failed(let error):
            ClientReport(
                ExitCode(error),
                .error,
                "There is no way back to the server: \(EscapedText.escape(error.message))"
            )
        }
    }
}

extension ProgramLog {
    /// Tells of an interruption in plain words.
    fileprivate func write(_ interruption: EventStream.Interruption, _ delay: Duration) {
        let seconds = delay.formattedSeconds
        switch interruption {
        case .lost(let error):
            let what = error?.message ?? "The server has ended the stream."
            write(.warning, "\(what) Connecting again in \(seconds) s…")
        case .failed(let error):
            write(.debug, "\(EscapedText.escape(error.message)) Trying again in \(seconds) s…")
        case .over:
            write(.notice, "Connected again.")
        }
    }
}

extension Duration {
    /// With a tenth, as people say it.
    fileprivate var formattedSeconds: String {
        let tenths = Int((self / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
