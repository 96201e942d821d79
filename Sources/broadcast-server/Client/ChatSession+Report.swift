import LWSSwift
import Logging

extension ChatSession.Outcome {
    /// What is told at the end, and the exit code.
    var report: (code: ExitCode, level: Logger.Level, text: String) {
        let (code, level, text) = end.report
        guard unsentCount > 0 else {
            return (code == .success && refusedCount > 0 ? .badInput : code, level, text)
        }
        let unsent = unsentCount == 1 ? "1 message was not sent." : "\(unsentCount) messages were not sent."
        return (code == .success ? .unavailable : code, max(level, .warning), "\(text) \(unsent)")
    }
}

extension ChatSession.End {
    fileprivate var report: (code: ExitCode, level: Logger.Level, text: String) {
        switch self {
        case .left:
            (.success, .info, "Left the chat.")
        case .inputFailed(let error):
            (.inputOutput, .error, "Left the chat: the standard input cannot be read: \(error).")
        case .verdict(.missed):
            (.expectationFailed, .error, "Left the chat: as many messages as asked for have come, and none matches.")
        case .verdict:
            (.success, .info, "Left the chat.")
        case .timedOut:
            (.timedOut, .error, "Left the chat: the time given with --timeout has passed.")
        case .closed(let close):
            (ExitCode(close), close.isRegular ? .info : .error, close.sentence)
        case .failed(let error):
            (ExitCode(error), .error, "There is no way back to the server: \(error.message)")
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
            case (.peer, .goingAway), (.peer, .serviceRestart), (.peer, .tryAgainLater): .serverWentAway
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
        case .peer: "The server closed the connection (\(details))."
        case .connectionLoss: "The connection to the server was lost (\(details))."
        case .local: "The connection was ended (\(self))."
        }
    }

    /// What a code says by itself, for a close without a reason (RFC 6455 section 7.4.1).
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
