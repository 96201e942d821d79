import _StringProcessing

/// What the user waits for: a number of messages, or one that matches. Nothing to wait for is no goal.
struct Goals {
    /// As the user gave them.
    struct Settings: Equatable, Sendable {
        /// How many messages to receive.
        var count: Int?
        /// A regular expression that one of the messages must match.
        var pattern: String?

        var isEmpty: Bool { count == nil && pattern == nil }

        /// - Throws: a usage failure when the pattern is no regular expression.
        func validate() throws(Failure) {
            guard let pattern else { return }
            do {
                _ = try Regex(pattern)
            } catch {
                throw Failure(
                    .usage,
                    "\"\(EscapedText.escape(pattern))\" is no regular expression. Check it, and quote it for the shell."
                )
            }
        }
    }

    enum Verdict: Equatable, Sendable {
        case open
        case reached
        /// As many messages as were asked for have come, and none matches.
        case missed
        /// Whether a message matches could not be found out in time.
        case undecidable
    }

    private let search: PatternSearch?
    private var remaining: Int?

    /// - Parameter settings: what was validated before.
    init(_ settings: Settings) throws(Failure) {
        search = try settings.pattern.map { pattern throws(Failure) in try PatternSearch(pattern) }
        remaining = settings.count
    }

    /// Looks at a message that has come.
    mutating func observe(_ text: String) async -> Verdict {
        switch await search?.find(in: text) {
        case .found: return .reached
        case .givenUp: return Task.isCancelled ? .open : .undecidable
        case .notFound, nil: break
        }
        guard let count = remaining else { return .open }
        remaining = count - 1
        guard count <= 1 else { return .open }
        return search == nil ? .reached : .missed
    }
}
