/// What a server refuses may be its last word, as for want of a token: the close that follows says the same, and it is to be
/// told once.
actor LastWord {
    /// So long a close may be behind.
    static let patience = Duration.milliseconds(500)

    private var problem: Problem?
    private let bell = Bell()

    /// Keeps what a close may say, too.
    ///
    /// - Returns: what was kept before, to be told now.
    func keep(_ new: Problem) -> Problem? {
        defer {
            problem = new
            bell.ring()
        }
        return problem
    }

    /// Waits for something that no close has followed; nil when the task is cancelled.
    func next() async -> Problem? {
        while !Task.isCancelled {
            await bell.wait()
            try? await Task.sleep(for: Self.patience)
            guard !Task.isCancelled else { break }
            if let problem = take() { return problem }
        }
        return nil
    }

    /// What is left, if the close does not say it.
    func take(closedFor reason: String) -> Problem? {
        let problem = take()
        return reason.isEmpty || problem?.message.hasPrefix(reason) != true ? problem : nil
    }

    private func take() -> Problem? {
        defer { problem = nil }
        return problem
    }
}

extension Problem {
    /// Whether it is about who may enter, and so perhaps the last word.
    var mayBeLast: Bool {
        key == nil && [.noToken, .badToken, .tokenExpired, .forbidden, .nameTaken, .busy].contains(code)
    }
}
