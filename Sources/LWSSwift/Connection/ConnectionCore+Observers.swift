internal import DequeModule

/// Who wants to hear of a connection: closures, and tasks that wait.
extension ConnectionCore {
    /// What few connections need.
    @safe
    final class Extras {
        var closeWaiters: [WaitingTask<WebSocketClose>] = []
        var stateObservers = StreamObservers<WebSocketConnection.State>()
        var senders: [ParkedSender] = []
        var parkedPiece: ParkedPiece?
        var pings: [PendingPing] = []
        var writableHandler: (() -> Void)?
        var pieceReader: PieceReader?
        var pieceHandler: ((MessagePiece) -> Void)?
        var held = HeldInput()
    }

    func makeExtras() -> Extras {
        if let extras { return extras }
        let made = Extras()
        extras = made
        return made
    }

    func setMessageHandler(_ body: ((BorrowedMessage) -> Void)?) {
        if body != nil { preconditionDeliversWhole() }
        messageHandler = machine.closed == nil ? body : nil
        guard let body, let waiting = inbox else { return }
        for message in waiting.drain().compactMap(\.wholeMessage) { body(message.borrowed) }
        resumeReading(.inboxIsFull)
    }

    /// Handlers add up: the first one may be the library's own. One closure that calls them costs a connection with one
    /// nothing more.
    func addCloseHandler(_ body: @escaping (WebSocketClose) -> Void) {
        if let close = machine.closed {
            body(close)
        } else if let earlier = closeHandler {
            closeHandler = { close in
                earlier(close)
                body(close)
            }
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

    func observeStates(_ continuation: AsyncStream<WebSocketConnection.State>.Continuation, _ ticket: Ticket) {
        if case .terminated = continuation.yield(state) { return }
        if machine.closed == nil {
            makeExtras().stateObservers.add(continuation, ticket)
        } else {
            continuation.finish()
        }
    }

    /// The reader of the states has gone.
    func forgetStateObserver(_ ticket: Ticket) {
        extras?.stateObservers.remove(ticket)
    }

    private var state: WebSocketConnection.State {
        switch machine.phase {
        case .connecting, .open: .open
        case .closing: .closing
        case .closed(let close): .closed(close)
        }
    }

    func stateChanged() {
        extras?.stateObservers.yield(state)
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
