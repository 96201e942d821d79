internal import Synchronization

/// Names an operation that waits on the loop, and carries its cancellation there.
final class Ticket: Sendable {
    private let cancelled = Atomic<Bool>(false)

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func cancel() {
        cancelled.store(true, ordering: .relaxed)
    }
}

/// A task that waits for room in the outbound queue.
@safe
struct ParkedSender: Sendable {
    let ticket: Ticket
    let message: WebSocketMessage
    let continuation: UnsafeContinuation<Result<Void, WebSocketError>, Never>

    func finish(_ result: Result<Void, WebSocketError>) {
        unsafe continuation.resume(returning: result)
    }
}

/// A task that waits for a pong.
@safe
struct PendingPing: Sendable {
    let ticket: Ticket
    let number: UInt64
    let sent = ContinuousClock.now
    let continuation: UnsafeContinuation<Result<Duration, WebSocketError>, Never>

    func finish(_ result: Result<Duration, WebSocketError>) {
        unsafe continuation.resume(returning: result)
    }
}

/// A task that waits for the end of the connection.
@safe
struct CloseWaiter: Sendable {
    let continuation: UnsafeContinuation<WebSocketClose, Never>

    func finish(_ close: WebSocketClose) {
        unsafe continuation.resume(returning: close)
    }
}

/// What tasks on any thread do with a connection: each hops to the loop at most once, and waits there.
extension ConnectionCore {
    func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        guard !Task.isCancelled else { throw .cancelled }
        // On the loop, with room in the queue, nothing waits.
        if loop.isCurrent, !hasParkedSenders, let result = sendNow(message) { return try result.get() }
        unsafe try await parked { ticket, continuation in
            self.addSender(unsafe ParkedSender(ticket: ticket, message: message, continuation: continuation))
        } cancel: { ticket in
            self.cancelSender(ticket)
        }
    }

    private static let lastPing = Atomic<UInt64>(0)

    func ping() async throws(WebSocketError) -> Duration {
        let number = Self.lastPing.wrappingAdd(1, ordering: .relaxed).newValue
        return unsafe try await parked { ticket, continuation in
            self.addPing(unsafe PendingPing(ticket: ticket, number: number, continuation: continuation))
        } cancel: { ticket in
            self.cancelPing(ticket)
        }
    }

    /// Waits for something that the loop will finish. A cancellation that overtakes the start is found by the start.
    private func parked<Value: Sendable>(
        _ start: @escaping @Sendable (Ticket, UnsafeContinuation<Result<Value, WebSocketError>, Never>) -> Void,
        cancel: @escaping @Sendable (Ticket) -> Void
    ) async throws(WebSocketError) -> Value {
        let ticket = Ticket()
        let loop = loop
        let result: Result<Value, WebSocketError> = await withTaskCancellationHandler {
            unsafe await withUnsafeContinuation { continuation in
                let begin: @Sendable () -> Void = {
                    if ticket.isCancelled {
                        unsafe continuation.resume(returning: .failure(.cancelled))
                    } else {
                        unsafe start(ticket, continuation)
                    }
                }
                if loop.isCurrent {
                    begin()
                } else if !loop.submit(.closure(begin)) {
                    unsafe continuation.resume(returning: .failure(.loopStopped))
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
        unsafe await withUnsafeContinuation { continuation in
            let waiter = unsafe CloseWaiter(continuation: continuation)
            if !loop.submit(.closure { self.addCloseWaiter(waiter) }) { waiter.finish(.lost) }
        }
    }
}
