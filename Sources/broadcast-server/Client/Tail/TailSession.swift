import HTTPTypes
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
        /// The same, when the token that was shown has expired.
        case expired
        case failed(WebSocketError)
    }

    /// - Throws: why there was no connection at all.
    func run() async throws(Failure) -> ClientReport {
        let token = try ShownToken(settings.token)
        var configuration = settings.stream
        configuration.fieldsForConnection = { HTTPFields(token.forConnection().map { [$0.field] } ?? []) }
        configuration.onInterruption = { [self] interruption, delay in
            log.write(interruption.concealing(secrets(token)), delay)
        }
        let stream: EventStream
        do throws(WebSocketError) {
            stream = try await EventStream.connect(to: settings.target.target, configuration, on: loop)
        } catch {
            throw Failure(error.concealing(secrets(token)), connectingTo: settings.url, settings.token)
        }
        log.write(.info, "Connected.")
        defer { stream.close() }
        return report(await print(stream), token)
    }

    private func secrets(_ token: ShownToken) -> [String] { token.secrets + settings.url.tokens }

    private func print(_ stream: EventStream) async -> End {
        var remaining = settings.count
        var expiry: Int64?
        do throws(WebSocketError) {
            var events = stream.makeAsyncIterator()
            while let event = try await events.next() {
                let event = TailEvent(event, isJSON: settings.isJSON)
                if let gap = event.gap { log.write(.warning, GapNotice.line(gap)) }
                if let notice = event.status.flatMap(StatusNotice.init) { log.write(notice.level, notice.line) }
                if let expiring = event.expiring {
                    expiry = expiring.at
                    log.write(.warning, expiring.notice(settings.token))
                }
                if let notice = event.notice { log.write(.warning, EscapedText.escape(notice.message)) }
                // Waits while the reader of the output is slow.
                if let line = event.line { await log.printOutput(Array("\(line)\n".utf8)) }
                guard event.isMessage, let count = remaining else { continue }
                remaining = count - 1
                if count <= 1 { return .counted }
            }
            if Task.isCancelled { return .stopped }
            // A client that comes back is not told why there is nothing any more for it.
            return expiry.map { $0 <= WallTime.now.milliseconds } == true ? .expired : .ended
        } catch {
            return Task.isCancelled ? .stopped : .failed(error)
        }
    }

    private func report(_ end: End, _ token: ShownToken) -> ClientReport {
        switch end {
        case .counted:
            ClientReport(.success, .info, "As many messages as asked for have come.")
        case .stopped:
            ClientReport()
        case .ended where settings.stream.reconnects:
            ClientReport(.success, .info, "The server says that no more will come.")
        case .ended:
            ClientReport(.serverWentAway, .error, "The server has ended the stream.")
        case .expired:
            ClientReport(
                .noPermission,
                .error,
                "The token has expired. \(TokenAdvice.sentence(isTokenRefused: true, settings.token))"
            )
        case .failed(let error) where error.code == .closed:
            ClientReport(.unavailable, .error, error.message)
        case .failed(let error) where error.code == .messageTooBig:
            ClientReport(.protocolError, .error, "\(error.message) Take larger ones with --max-message.")
        case .failed(let error):
            ClientReport(
                ExitCode(error),
                .error,
                """
                There is no way back to the server: \
                \(EscapedText.escape(error.concealing(secrets(token)).sentence(settings.token)))
                """
            )
        }
    }
}

extension EventStream.Interruption {
    /// The same without what is nobody's business.
    fileprivate func concealing(_ secrets: [String]) -> EventStream.Interruption {
        switch self {
        case .lost(let error): .lost(error?.concealing(secrets))
        case .failed(let error): .failed(error.concealing(secrets))
        case .over: .over
        }
    }
}

extension Expiring {
    /// - Parameter source: of the token that expires; its file is read when the stream has ended.
    fileprivate func notice(_ source: TokenSource?) -> String {
        let left = max((at - WallTime.now.milliseconds + 999) / 1_000, 0)
        guard case .file(let path)? = source else { return "The token expires in \(left) s." }
        return "The token expires in \(left) s: what is in \(EscapedText.escape(path)) then takes its place."
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
