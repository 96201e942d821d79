import _StringProcessing

/// Looks for a regular expression in texts, on a thread of its own: a search cannot be interrupted, and with some
/// expressions it takes longer than anybody lives. So who asks can give up, and the process can end meanwhile.
final class PatternSearch: Sendable {
    enum Finding: Equatable, Sendable {
        case found
        case notFound
        /// The search has taken too long, or the task that waited was cancelled. Nothing can be looked for any more.
        case givenUp
    }

    /// How long a search in one text may take. Those that come to an end at all take milliseconds.
    static let limit = Duration.seconds(2)

    private struct State: Sendable {
        var text: String?
        var isFound: Bool?
        var isOver = false
    }

    private let state = Monitor(State())
    private let answer = Bell()

    /// - Parameter pattern: a regular expression that was validated before.
    init(_ pattern: String) throws(Failure) {
        try BackgroundThread.start { [state, answer] in
            guard let expression = try? Regex(pattern) else { return }
            while let text = Self.nextText(state) {
                let isFound = (try? expression.firstMatch(in: text)) != nil
                state.withLock { $0.isFound = isFound }
                answer.ring()
            }
        }
    }

    deinit {
        state.update { $0.isOver = true }
    }

    /// Blocks the thread until there is a text to look at; nil when there will be none.
    private static func nextText(_ state: Monitor<State>) -> String? {
        state.wait { state -> String?? in
            if state.isOver { return .some(nil) }
            return state.text.take().map { .some($0) }
        }
    }

    /// Looks for a match anywhere in a text. One task at a time may call this.
    ///
    /// - Parameter limit: how long it may take before it is given up.
    func find(in text: String, atMost limit: Duration = limit) async -> Finding {
        state.update { state in
            state.text = text
            state.isFound = nil
        }
        let end = ContinuousClock.now + limit
        while true {
            if let isFound = state.withLock({ $0.isFound }) { return isFound ? .found : .notFound }
            guard ContinuousClock.now < end, !Task.isCancelled else { return .givenUp }
            await Deadline.wait(until: end) { [answer] in await answer.wait() }
        }
    }
}
