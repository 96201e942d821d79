internal import DequeModule

/// Who wants to hear of a connection: closures, and tasks that wait.
extension ConnectionCore {
    /// What few connections need.
    @safe
    final class Extras {
        var closeWaiters: [WaitingTask<WebSocketClose>] = []
        var stateObservers: [AsyncStream<WebSocketConnection.State>.Continuation] = []
        var senders: [ParkedSender] = []
        var pings: [PendingPing] = []
        var writableHandler: (() -> Void)?
    }

    func makeExtras() -> Extras {
        if let extras { return extras }
        let made = Extras()
        extras = made
        return made
    }

    func setMessageHandler(_ body: ((BorrowedMessage) -> Void)?) {
        messageHandler = machine.closed == nil ? body : nil
        guard let body, let waiting = inbox else { return }
        for message in waiting.drain() { body(message.borrowed) }
        resumeReading(.inboxIsFull)
    }

    func setCloseHandler(_ body: @escaping (WebSocketClose) -> Void) {
        if let close = machine.closed {
            body(close)
        } else {
            closeHandler = body
        }
    }

    func setWritableHandler(_ body: (() -> Void)?) {
        guard machine.closed == nil, body != nil || extras != nil else { return }
        makeExtras().writableHandler = body
    }

    func addCloseWaiter(_ waiter: WaitingTask<WebSocketClose>) {
        if let close = machine.closed {
            waiter.finish(close)
        } else {
            makeExtras().closeWaiters.append(waiter)
        }
    }

    // MARK: States

    func observeStates(_ continuation: AsyncStream<WebSocketConnection.State>.Continuation) {
        continuation.yield(state)
        if machine.closed == nil {
            makeExtras().stateObservers.append(continuation)
        } else {
            continuation.finish()
        }
    }

    private var state: WebSocketConnection.State {
        switch machine.phase {
        case .connecting, .open: .open
        case .closing: .closing
        case .closed(let close): .closed(close)
        }
    }

    func stateChanged() {
        guard let extras else { return }
        for observer in extras.stateObservers { observer.yield(state) }
    }

    // MARK: Pings

    /// Pings that may be under way at once.
    private static let maximumPings = 16

    func addPing(_ ping: PendingPing) {
        guard machine.isOpen else { return ping.task.finish(.failure(.closed(machine.closed))) }
        let extras = makeExtras()
        guard extras.pings.count < Self.maximumPings else {
            return ping.task.finish(
                .failure(WebSocketError(.messageTooBig, "More than \(Self.maximumPings) pings are under way."))
            )
        }
        extras.pings.append(ping)
        sendPing(ping.number)
    }

    func cancelPing(_ ticket: Ticket) {
        guard let extras, let index = extras.pings.firstIndex(where: { $0.ticket === ticket }) else { return }
        extras.pings.remove(at: index).task.finish(.failure(.cancelled))
    }
}
