internal import Synchronization

/// Names an operation that waits on the loop, and carries its cancellation there.
final class Ticket: Sendable {
    private let cancelled = Atomic<Bool>(false)

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func cancel() {
        cancelled.store(true, ordering: .relaxed)
    }
}

/// A task that waits for room in the outbound queue, and for the end of a message that is streamed.
struct ParkedSender: Sendable {
    /// What it is to send.
    enum Content: Sendable {
        case message(WebSocketMessage)
        /// A message that is streamed: it only takes its place.
        case stream(WebSocketMessage.Kind)
    }

    let ticket: Ticket
    let content: Content
    let task: WaitingTask<Result<Void, WebSocketError>>
}

/// A task that waits for a pong.
struct PendingPing: Sendable {
    let ticket: Ticket
    let number: UInt64
    let sent = ContinuousClock.now
    let task: WaitingTask<Result<Duration, WebSocketError>>
}

/// What tasks on any thread do with a connection: each hops to the loop at most once, and waits there.
extension ConnectionCore {
    func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        guard !Task.isCancelled else { throw .cancelled }
        // On the loop, with room in the queue, nothing waits.
        if loop.isOnThread, !hasParkedSenders, let result = sendNow(message) { return try result.get() }
        try await parked { ticket, task in
            self.addSender(ParkedSender(ticket: ticket, content: .message(message), task: task))
        } cancel: { ticket in
            self.cancelSender(ticket)
        }
    }

    private static let lastPing = Atomic<UInt64>(0)

    func ping() async throws(WebSocketError) -> Duration {
        let number = Self.lastPing.wrappingAdd(1, ordering: .relaxed).newValue
        return try await parked { ticket, task in
            self.addPing(PendingPing(ticket: ticket, number: number, task: task))
        } cancel: { ticket in
            self.cancelPing(ticket)
        }
    }

    /// Waits for something that the loop will finish. A cancellation that overtakes the start is found by the start.
    func parked<Value: Sendable>(
        _ start: @escaping @Sendable (Ticket, WaitingTask<Result<Value, WebSocketError>>) -> Void,
        cancel: @escaping @Sendable (Ticket) -> Void
    ) async throws(WebSocketError) -> Value {
        let ticket = Ticket()
        let loop = loop
        let result: Result<Value, WebSocketError> = await withTaskCancellationHandler {
            await WaitingTask.wait { task in
                let begin: @Sendable () -> Void = {
                    if ticket.isCancelled {
                        task.finish(.failure(.cancelled))
                    } else {
                        start(ticket, task)
                    }
                }
                if loop.isOnThread {
                    begin()
                } else if !loop.submit(.closure(begin)) {
                    task.finish(.failure(.loopStopped))
                }
            }
        } onCancel: {
            ticket.cancel()
            loop.execute { cancel(ticket) }
        }
        return try result.get()
    }

    /// How the connection ended, once it has; at once when its loop has.
    func waitUntilClosed() async -> WebSocketClose {
        await WaitingTask.wait { task in
            if !loop.submit(.closure { self.addCloseWaiter(task) }) { task.finish(.lost) }
        }
    }
}
