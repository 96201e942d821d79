import LWSSwift
import Logging

/// A chat on an open connection: what is typed or piped in goes out line by line, what arrives is printed, until one side
/// has had enough.
struct ChatClient {
    static let prompt = "Enter message: "
    private static let received = "📩 Received: "

    let connection: WebSocketConnection
    let input: InputLines
    let log: ProgramLog
    /// Whether a person sits at both ends: then there is a prompt, and Enter alone is no message.
    let isInteractive: Bool

    /// What came to its end first.
    private enum End: Sendable {
        /// The input, or the user said `exit`; some lines could not be sent when not `isComplete`.
        case input(isComplete: Bool)
        case inputFailed(SystemError)
        /// The connection, as seen by the reading or the sending task.
        case messages
        case sending

        var isOfMessages: Bool {
            if case .messages = self { true } else { false }
        }
    }

    /// Chats until the input ends, the server closes, or the task is cancelled, and closes the connection.
    ///
    /// - Returns: the exit code; its reason has been logged, unless the task was cancelled.
    func run() async -> ExitCode {
        if isInteractive { log.showPrompt(Self.prompt) }
        let (end, close) = await withTaskGroup { group in
            group.addTask { await printMessages() }
            group.addTask { await sendLines() }
            let end = await group.next() ?? .messages
            if isInteractive { log.hidePrompt() }
            // A close that the server began is awaited here, otherwise ours is performed.
            let close = await connection.close()
            // What came before the close is still printed; the input is read no further.
            if !end.isOfMessages { _ = await group.next() }
            group.cancelAll()
            return (end, close)
        }
        return Task.isCancelled ? .success : report(end, close)
    }

    private func printMessages() async -> End {
        do {
            for try await message in connection.messages {
                let text = message.text ?? EscapedText.excerpt(message)
                await log.printOutput(Self.received + text, logged: Self.received + EscapedText.excerpt(message))
            }
        } catch {
            // Why the connection ended is told by its close, which is reported once for all.
        }
        return .messages
    }

    /// Sends line after line; `send` waits while the server is slow, and the input is read no further meanwhile.
    private func sendLines() async -> End {
        var isComplete = true
        do {
            while let lines = try await input.next() {
                for line in lines {
                    switch line {
                    case .text(let text) where Self.isFarewell(text):
                        return .input(isComplete: isComplete)
                    case .text(let text):
                        if isInteractive && text.isEmpty { break }
                        try await connection.send(.text(text))
                    case .tooLong(let number):
                        isComplete = false
                        let limit = Defaults.maximumMessageBytes
                        log.write(.error, "Line \(number) was not sent: it is longer than \(limit) bytes. Split it.")
                    case .notUTF8(let number):
                        isComplete = false
                        log.write(.error, "Line \(number) was not sent: it is not UTF-8. Convert it, as with iconv.")
                    }
                    if isInteractive { log.promptWasAnswered() }
                }
            }
            return .input(isComplete: isComplete)
        } catch let error as SystemError {
            return .inputFailed(error)
        } catch {
            // The connection does not take messages any more; its close says why.
            return .sending
        }
    }

    private static func isFarewell(_ text: String) -> Bool {
        let word = text.drop { $0 == " " }.prefix { $0 != " " }
        return (word == "exit" || word == "quit") && text.drop { $0 == " " }.dropFirst(4).allSatisfy { $0 == " " }
    }

    private func report(_ end: End, _ close: WebSocketClose) -> ExitCode {
        switch end {
        case .inputFailed(let error):
            log.write(.error, "Left the chat: the standard input cannot be read: \(error).")
            return .inputOutput
        case .input(let isComplete) where close.initiator == .local && close.isClean:
            log.write(.info, "Left the chat.")
            return isComplete ? .success : .badInput
        case .input, .messages, .sending:
            return report(close)
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

    /// Tells an end that did not come from here.
    private func report(_ close: WebSocketClose) -> ExitCode {
        let code: ExitCode
        switch (close.initiator, close.code.rawValue) {
        case (.connectionLoss, _): code = .unavailable
        case (.local, _): code = close.isClean ? .protocolError : .unavailable
        case (.peer, 1000): code = .success
        case (.peer, 1001), (.peer, 1012), (.peer, 1013): code = .serverWentAway
        case (.peer, _): code = .protocolError
        }
        let reason = close.reason.isEmpty ? Self.meaning(of: close.code) : ": \(close.reason)"
        switch close.initiator {
        case .peer:
            let level: Logger.Level = code == .success ? .info : .warning
            log.write(level, "The server closed the connection (\(close.code)\(reason)).")
        case .connectionLoss:
            log.write(.error, "The connection to the server was lost (\(close.code)\(reason)).")
        case .local:
            log.write(.error, "The connection was ended (\(close)).")
        }
        return code
    }
}
