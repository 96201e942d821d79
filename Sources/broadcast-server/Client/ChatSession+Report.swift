import LWSSwift
import Logging

extension ChatSession.Outcome {
    /// What is told at the end, and the exit code.
    var report: ClientReport {
        var report = ClientReport()
        var (code, level) = (ExitCode.success, Logger.Level.info)
        if unsentCount > 0 {
            report.remarks = unsentCount == 1 ? " 1 message was not sent." : " \(unsentCount) messages were not sent."
            (code, level) = (.unavailable, .warning)
        } else if refusedCount > 0 {
            code = .badInput
        }
        switch keeping {
        case .nothing:
            break
        case .done(let path):
            if unsentCount > 0 {
                report.remarks += " The next run with \(EscapedText.escape(path)) sends what is left."
            }
        case .failed(let path, let error):
            report.remarks += " The state file \(EscapedText.escape(path)) cannot be written: \(error)."
            level = .error
            if code == .success { code = .inputOutput }
        }
        if let ending = end?.ending(token) {
            // The first of the causes is the one that counts.
            report.ending = .init(
                code: ending.code == .success ? code : ending.code,
                level: max(ending.level, level),
                text: ending.text
            )
        }
        return report
    }
}

extension ChatSession.End {
    /// - Parameter token: where the one that was shown is from.
    fileprivate func ending(_ token: TokenSource?) -> ClientReport.Ending {
        switch self {
        case .left:
            .init(code: .success, level: .info, text: "Left the chat.")
        case .inputFailed(let error):
            .init(
                code: .inputOutput,
                level: .error,
                text: "Left the chat: the standard input cannot be read: \(error)."
            )
        case .verdict(.missed):
            .init(
                code: .expectationFailed,
                level: .error,
                text: "Left the chat: as many messages as asked for have come, and none matches."
            )
        case .verdict(.undecidable):
            .init(
                code: .usage,
                level: .error,
                text: """
                    Left the chat: after \(PatternSearch.limit) it was still not known whether a message matches --expect. Write \
                    it so that no text can match in many ways, as in a+ for (a+)+.
                    """
            )
        case .verdict:
            .init(code: .success, level: .info, text: "Left the chat.")
        case .closed(let close):
            .init(
                code: ExitCode(close),
                level: close.isRegular ? .info : .error,
                text: close.sentence + (TokenAdvice.sentence(close, token).map { " \($0)" } ?? "")
            )
        case .failed(let error):
            .init(
                code: ExitCode(error),
                level: .error,
                text: "There is no way back to the server: \(error.sentence(token))"
            )
        }
    }
}

extension ExitCode {
    /// For a connection whose end did not come from here.
    init(_ close: WebSocketClose) {
        self =
            switch (close.initiator, close.code) {
            case (.connectionLoss, _): .unavailable
            case (.local, _): close.isClean ? .protocolError : .unavailable
            case (.peer, .normalClosure): .success
            case (.peer, .tokenNeeded), (.peer, .notAllowed): .noPermission
            case (.peer, .goingAway), (.peer, .serviceRestart), (.peer, .tryAgainLater): .serverWentAway
            case (.peer, let code) where 4_100...4_299 ~= code.rawValue: .serverWentAway
            case (.peer, _): .protocolError
            }
    }
}

extension WebSocketClose {
    fileprivate var isRegular: Bool { initiator == .peer && code == .normalClosure }

    /// What happened, for people.
    var sentence: String {
        let details = "\(code)\(reason.isEmpty ? Self.meaning(of: code) : ": \(reason)")"
        return switch initiator {
        case .peer where code == .sessionTaken: "Another client goes on with this session (\(details))."
        case .peer: "The server closed the connection (\(details))."
        case .connectionLoss: "The connection to the server was lost (\(details))."
        case .local: "The connection was ended (\(self))."
        }
    }

    /// What a code says by itself, for a close without a reason (RFC 6455 section 7.4.1, docs/protocol.md).
    private static func meaning(of code: WebSocketCloseCode) -> String {
        switch code {
        case .goingAway: ": it shuts down"
        case .protocolError: ": a protocol error"
        case .policyViolation: ": a violation of its policy"
        case .messageTooBig: ": a message was too big"
        case .internalError: ": an internal error"
        case .serviceRestart: ": it restarts"
        case .tryAgainLater: ": try again later"
        default: ""
        }
    }
}

extension WebSocketCloseCode {
    /// The session has connected again elsewhere (docs/protocol.md).
    static let sessionTaken = WebSocketCloseCode(rawValue: 4_000)
}
