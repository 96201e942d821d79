import Logging

/// Has the state file follow the conversation: at once where messages wait for it, otherwise every second at most.
///
/// Whenever the program ends, even by SIGKILL, the file has each message that was shown as taken and is not confirmed, and a
/// position behind which nothing was written on the standard output but what came in the last two seconds: that comes again.
struct StateKeeper: Sendable {
    /// What became of the file in the end.
    enum Keeping: Equatable, Sendable {
        /// There is none.
        case nothing
        case done(path: String)
        case failed(path: String, SystemError)
    }

    /// The time between two positions that are saved.
    static let interval = Duration.seconds(1)

    private let file: StateFile
    private let conversation: Conversation
    private let presenter: Presenter
    /// Up to where everything is not only shown but written, since a reader of the output may take its time.
    private let written: Monitor<PositionText?>

    init(file: StateFile, conversation: Conversation, presenter: Presenter) {
        self.file = file
        self.conversation = conversation
        self.presenter = presenter
        written = Monitor(file.initial.position)
    }

    /// Saves what changes until the task is cancelled.
    func run() async {
        var failure: SystemError?
        while await conversation.waitForChange() {
            let end = ContinuousClock.now + Self.interval
            let position = await conversation.position
            presenter.afterShown { [written] in written.update { $0 = position } }
            await waitForUrgency(until: end)
            let last = failure
            let saved: PositionText?
            (saved, failure) = await save()
            if let failure, failure != last {
                presenter.tell(.error, "The state file \(EscapedText.escape(file.path)) cannot be written: \(failure).")
            }
            // It was not written yet, since the reader of the output takes its time, or there was no time to wait for it.
            if position != saved { await conversation.noteChange() }
        }
    }

    /// Saves what is left, once what was shown is written, or after a while; also for a task that is cancelled.
    func finish() async -> Keeping {
        await Task { await saveLast() }.value
    }

    private func saveLast() async -> Keeping {
        let position = await conversation.position
        let isWritten = Bell()
        presenter.afterShown { [written] in
            written.update { $0 = position }
            isWritten.ring()
        }
        await Deadline.wait(until: .now + Self.interval) { await isWritten.wait() }
        guard let failure = await save().failure else { return .done(path: file.path) }
        return .failed(path: file.path, failure)
    }

    /// Saves everything, with the position up to which all is written.
    private func save() async -> (position: PositionText?, failure: SystemError?) {
        var (state, mark) = await conversation.snapshot()
        state.position = written.withLock { $0 }
        var failure: SystemError?
        do throws(SystemError) {
            try await file.save(state)
        } catch {
            failure = error
        }
        // What cannot be saved is sent nevertheless: who was waiting for it gains nothing by never getting it.
        await conversation.noteSaved(state, at: mark)
        return (state.position, failure)
    }

    private func waitForUrgency(until end: ContinuousClock.Instant) async {
        await Deadline.wait(until: end) { [conversation] in await conversation.waitForUrgency() }
    }
}
