import Synchronization

/// What whoever runs the server can ask of the process as a whole, at the admin socket.
final class ServerControl: Sendable {
    private let stop: StopSignals
    /// Who waits for what becomes of an upgrade.
    private let waiters = Mutex<[Handler<Result<Int32, Failure>>]>([])

    init(_ stop: StopSignals) {
        self.stop = stop
    }

    /// Sends all clients away over so long a time, then ends.
    func drain(over time: Duration) {
        stop.stop(.drain(over: time))
    }

    /// Has a new process take the place of this one.
    ///
    /// - Returns: the number of the new process, when it is ready and this one gives up its place.
    func upgrade() async throws(Failure) -> Int32 {
        let result = await withCheckedContinuation { continuation in
            waiters.withLock { $0.append(Handler { continuation.resume(returning: $0) }) }
            stop.upgrade()
        }
        return try result.get()
    }

    /// Tells those who wait what has become of it.
    func tell(_ result: Result<Int32, Failure>) {
        let all = waiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in all { waiter.call(result) }
    }
}
