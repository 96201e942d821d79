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
    }

    private let expected: Regex<AnyRegexOutput>?
    private var remaining: Int?

    init(_ settings: Settings) {
        // Validated before.
        expected = settings.pattern.flatMap { try? Regex($0) }
        remaining = settings.count
    }

    /// Looks at a message that has come.
    mutating func observe(_ text: String) -> Verdict {
        if let expected, (try? expected.firstMatch(in: text)) != nil { return .reached }
        guard let count = remaining else { return .open }
        remaining = count - 1
        guard count <= 1 else { return .open }
        return expected == nil ? .reached : .missed
    }
}
