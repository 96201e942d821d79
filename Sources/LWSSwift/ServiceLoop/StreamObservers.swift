/// The readers of `AsyncStream`s that tell what happens on a loop. Who reads no further is forgotten.
struct StreamObservers<Element: Sendable> {
    private var observers: [(ticket: Ticket, continuation: AsyncStream<Element>.Continuation)] = []

    var count: Int { observers.count }

    mutating func add(_ continuation: AsyncStream<Element>.Continuation, _ ticket: Ticket) {
        observers.append((ticket, continuation))
    }

    mutating func remove(_ ticket: Ticket) {
        observers.removeAll { $0.ticket === ticket }
    }

    /// Tells everybody. A reader whose end was heard of before it was added is found here.
    mutating func yield(_ element: Element) {
        observers.removeAll { observer in
            if case .terminated = observer.continuation.yield(element) { true } else { false }
        }
    }

    mutating func finish() {
        let finished = observers
        observers = []
        for observer in finished { observer.continuation.finish() }
    }
}

extension AsyncStream.Continuation {
    /// Calls `body` when the reader has gone before the end of the stream.
    func onAbandonment(_ body: @escaping @Sendable () -> Void) {
        onTermination = { end in
            if case .cancelled = end { body() }
        }
    }
}
