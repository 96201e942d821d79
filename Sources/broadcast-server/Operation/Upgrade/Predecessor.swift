/// The server before this one, which goes on until this one is ready, and gives it its turn when it has nothing any more.
struct Predecessor: Sendable {
    private let link: UpgradeLink

    init(descriptor: Int32) {
        link = UpgradeLink(descriptor: descriptor)
    }

    /// Says that this server cannot start: the other one goes on.
    func tell(_ failure: Failure) {
        _ = link.say(.failed(failure.message))
    }

    /// Says that this server is ready, and returns when it is its turn.
    ///
    /// One that is killed meanwhile leaves what it has: it is this one's turn, too.
    ///
    /// - Returns: how many connections the other server had; nil when the task was cancelled.
    func waitForTurn() async throws(Failure) -> Int? {
        _ = link.say(.ready)
        let word = try await BackgroundThread.run(onCancel: link.hangUp) { () throws(Failure) in link.hear() }
        guard !Task.isCancelled else { return nil }
        link.close()
        if case .go(let connections)? = word { return connections }
        return 0
    }
}
