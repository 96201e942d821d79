import LWSSwift
import Logging

extension ChatSession.Outcome {
    /// What is told at the end, and the exit code.
    var report: ClientReport {
        var (code, level, text) = end.report
        if unsentCount > 0 {
            text += unsentCount == 1 ? " 1 message was not sent." : " \(unsentCount) messages were not sent."
            level = max(level, .warning)
            if code == .success { code = .unavailable }
        } else if refusedCount > 0, code == .success {
            code = .badInput
        }
        switch keeping {
        case .nothing:
            break
        case .done(let path):
            if unsentCount > 0 { text += " The next run with \(EscapedText.escape(path)) sends what is left." }
        case .failed(let path, let error):
            text += " The state file \(EscapedText.escape(path)) cannot be written: \(error)."
            level = .error
            if code == .success { code = .inputOutput }
        }
        return (code, level, text)
    }
}

extension ChatSession.End {
    fileprivate var report: ClientReport {
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
