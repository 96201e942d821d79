/// What whoever runs the server can ask of the process as a whole, at the admin socket.
final class ServerControl: Sendable {
    private let stop: StopSignals
    /// What was revoked while the process runs, for whichever server of it.
    let revoked = StandingRevocations()
    private struct State: Sendable {
        /// Who waits for what becomes of an upgrade.
        var waiters: [Handler<Result<Int32, Failure>>] = []
        var isDraining = false
        var isEnding = false

        mutating func takeWaiters() -> [Handler<Result<Int32, Failure>>] {
            defer { waiters = [] }
            return waiters
        }
    }

    private let state = Monitor(State())

    init(_ stop: StopSignals) {
        self.stop = stop
    }

    /// Sends all clients away over so long a time, then ends.
    ///
    /// - Throws: that it ends already, which another plan would not be heard of by.
    func drain(over time: Duration) throws(Failure) {
        let isFirst = state.withLock { state in
            defer { state.isDraining = true }
            return !state.isDraining
        }
        guard isFirst, !stop.isEndAskedFor else { throw Self.ends }
        stop.stop(.drain(over: time))
    }

    /// Has a new process take the place of this one.
    ///
    /// - Returns: the number of the new process, when it is ready and this one gives up its place.
    func upgrade() async throws(Failure) -> Int32 {
        let result = await withCheckedContinuation { continuation in
            let isEnding = state.withLock { state in
                guard !state.isEnding else { return true }
                state.waiters.append(Handler { continuation.resume(returning: $0) })
                // As one with that: it is the attempt which this one hears of.
                stop.upgrade()
                return false
            }
            if isEnding { continuation.resume(returning: .failure(Self.ends)) }
        }
        return try result.get()
    }

    /// Nothing can take the place of this process any more: whoever waits for that is told, and who asks for it later.
    func end() {
        state.withLock { $0.isEnding = true }
        tell(.failure(Self.ends))
    }

    /// The attempt has failed, of which those who wait are told; who asks from now on asks for another one.
    func fail(_ failure: Failure) {
        let waiters = state.withLock { state in
            stop.endUpgrade()
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.call(.failure(failure)) }
    }

    /// Another process gets the place of this one: whoever asks later is told that this one ends.
    func give(to process: Int32) {
        state.withLock { $0.isEnding = true }
        tell(.success(process))
    }

    /// That process has ended before its turn: this one goes on.
    func goOn() {
        state.withLock { $0.isEnding = false }
    }

    private static let ends = Failure(.unavailable, "The server is about to end.")

    /// Tells those who wait what has become of it.
    func tell(_ result: Result<Int32, Failure>) {
        for waiter in state.withLock({ $0.takeWaiters() }) { waiter.call(result) }
    }
}
