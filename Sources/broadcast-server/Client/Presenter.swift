import LWSSwift
import Logging

/// Tells the user what happens: what is said goes to the standard output, everything else to the log.
struct Presenter: Sendable {
    static let prompt = "Enter message: "

    let transcript: Transcript
    let log: ProgramLog
    /// Whether a line is being typed at a terminal, with a prompt.
    let isInteractive: Bool
    /// Where the names of members go that can be completed.
    var names = KnownNames()

    /// Shows what the server has sent. Waits while the reader of the output is slow. One task at a time may call this.
    ///
    /// - Returns: whether it is something that is shown.
    func show(_ incoming: Incoming) async -> Bool {
        if let spoken = incoming.spoken {
            log.saidInFile("📩 Received: \(EscapedText.excerpt(spoken))")
        }
        let bytes = transcript.render(incoming)
        guard !bytes.isEmpty else { return false }
        await log.printOutput(bytes)
        return true
    }

    /// Has something done once everything that was shown so far is written; never when it cannot be written.
    func afterShown(_ body: @escaping @Sendable () -> Void) {
        log.afterOutput(body)
    }

    /// Shows that a message has been sent: at the terminal where it was typed, and in the log. Waits like ``show(_:)``.
    ///
    /// - Parameter receipt: the server's acknowledgement, which a plain-text server never gives.
    func showSent(_ content: Outbox.Content, _ receipt: Acknowledgement?) async {
        if let receipt { await print(transcript.renderReceipt(receipt)) }
        switch content {
        case .text(let text):
            if isInteractive { log.print(transcript.renderOwn(text, isConfirmed: receipt != nil)) }
            log.saidInFile("📤 Sent: \(EscapedText.excerpt(text))")
        case .binary(let bytes):
            log.saidInFile("📤 Sent: binary message of \(bytes.count) bytes")
        case .name:
            break
        }
    }

    /// Shows that a message will never be sent, where each one has its receipt. Waits like ``show(_:)``.
    func showRefused(_ problem: Problem) async {
        await print(transcript.renderRefusal(problem))
    }

    private func print(_ bytes: [UInt8]) async {
        if !bytes.isEmpty { await log.printOutput(bytes) }
    }

    /// Tells what is missing of what others have said.
    func tellOfGap(_ gap: Gap) {
        if transcript.form.isOfOthers { log.write(.warning, GapNotice.line(gap)) }
    }

    /// Tells something about the chat in one line.
    func tell(_ level: Logger.Level, _ text: String) {
        log.write(level, text)
    }

    /// Tells who comes and goes: to people, and to the log. A script has `--json` for it.
    func tellOfMembers(_ text: String) {
        if isInteractive {
            log.write(.info, text)
        } else {
            log.writeToFile(.info, text)
        }
    }

    /// Answers a command of the user, in some lines that are fit for a terminal.
    func answer(_ text: String) {
        if isInteractive { return log.print(text) }
        // The standard output is for what others say.
        for line in text.split(separator: "\n") { log.write(.notice, String(line)) }
    }

    /// Has the prompt tell whether lines can be sent at present, and show those that are on their way.
    ///
    /// - Parameter hindrance: why they cannot, in a word.
    func showState(_ hindrance: String?, _ outbox: Outbox) {
        guard isInteractive else { return }
        let count = outbox.safeCount
        let state = hindrance.map { count == 0 ? "(\($0)) " : "(\($0), \(count) waiting) " } ?? ""
        let waiting = outbox.lastSafeTexts(atMost: LinePrompt.shownLines)
        log.setPrompt(
            LinePrompt(text: state + Self.prompt, waiting: waiting, earlierCount: count - waiting.count)
        )
    }

    /// Has the names of those who are here completed at the prompt.
    func noteMembers(_ roster: Roster) {
        if isInteractive { names.all = roster.otherNames }
    }
}
