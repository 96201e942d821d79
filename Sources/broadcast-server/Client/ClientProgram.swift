import LWSSwift
import Logging

/// The client as a process: log, signals, input and terminal around a session, and the exit code at its end.
struct ClientProgram {
    /// Where the messages to send come from.
    enum Input {
        /// A line that is edited at the terminal.
        ///
        /// - Parameter keepsHistory: whether lines are kept for the next run.
        case edited(keepsHistory: Bool)
        /// The lines of the standard input.
        ///
        /// - Parameter hasCommands: whether some are commands, as at a terminal.
        case lines(hasCommands: Bool)
        /// The standard input as a whole.
        case bytes
        /// The command line.
        case texts([String])
    }

    let settings: ClientSettings
    let log: LogSettings
    let transcript: Transcript
    let input: Input

    /// - Throws: a failure that was not told, or the exit code.
    func run() async throws {
        let stateFile = try settings.stateFile.map { path throws(Failure) in
            try StateFile(path, for: settings.url.address)
        }
        let run = ClientRun(timeout: settings.timeout)
        var editor: LineEditor?
        let log: ProgramLog
        let names = KnownNames()
        if case .edited(let keepsHistory) = input {
            let made = try LineEditor(prompt: Presenter.prompt, assistance: assistance(names, keepsHistory))
            let isColored = transcript.form == .terminal(isColored: true)
            editor = made
            log = try ProgramLog(
                self.log,
                stream: .error,
                console: TerminalSink(made, isColored: isColored, onFailedOutput: run.outputFailed)
            )
            await TerminalSignals.watch(made)
        } else {
            log = try ProgramLog(self.log, stream: .error, onFailedOutput: run.outputFailed)
        }
        try await run.perform(log, beforeCut: { [editor] in editor?.close() }) { [editor] in
            await session(editor, names, log, stateFile).map(\.report)
        }
    }

    private func assistance(_ names: KnownNames, _ keepsHistory: Bool) -> LineEditor.Assistance {
        LineEditor.Assistance(
            hint: UserLine.farewell,
            complete: { Completion(of: $0, commands: UserLine.commandWords, names: names.all) },
            history: keepsHistory ? LineHistory.own() : nil
        )
    }

    /// Takes part in the chat, and leaves nothing behind.
    private func session(
        _ editor: LineEditor?,
        _ names: KnownNames,
        _ log: ProgramLog,
        _ stateFile: StateFile?
    ) async -> Result<ChatSession.Outcome, Failure> {
        let loop: ServiceLoop
        do throws(WebSocketError) {
            loop = try await ServiceLoop.start(.init(name: "client-loop", logger: log.logger("client")))
        } catch {
            return .failure(Failure(error, connectingTo: settings.url))
        }
        let session = ChatSession(
            settings: settings,
            openInput: { () throws(Failure) in try openInput(editor) },
            presenter: Presenter(transcript: transcript, log: log, isInteractive: editor != nil, names: names),
            loop: loop,
            stateFile: stateFile
        )
        let result: Result<ChatSession.Outcome, Failure>
        do throws(Failure) {
            result = .success(try await session.run())
        } catch {
            result = .failure(error)
        }
        await loop.shutdown()
        return result
    }

    private func openInput(_ editor: LineEditor?) throws(Failure) -> ChatSession.Input {
        let limit = settings.maximumMessageBytes
        if let editor { return .lines(try InputLines(editor, maximumLineBytes: limit), hasCommands: true) }
        return switch input {
        case .edited: preconditionFailure("Lines are edited in an editor.")
        case .lines(let hasCommands):
            .lines(try InputLines(.standardInput, maximumLineBytes: limit), hasCommands: hasCommands)
        case .bytes: .bytes(try InputBytes(.standardInput))
        case .texts(let texts): .texts(texts)
        }
    }
}
