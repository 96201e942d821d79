internal import DequeModule

/// Tasks that wait until a group takes their messages, in their order.
///
/// It stands among the sockets of the group's first loop as long as somebody waits, to hear of the loop's shutdown: nobody
/// else would tell them.
final class WaitingPublishers: LoopSocket {
    struct Publisher {
        let ticket: Ticket
        let message: WebSocketMessage
        let task: WaitingTask<Result<Void, WebSocketError>>
    }

    private var publishers: Deque<Publisher> = []

    var isEmpty: Bool { publishers.isEmpty }

    func append(_ publisher: Publisher) {
        publishers.append(publisher)
    }

    func removeFirst() -> Publisher {
        publishers.removeFirst()
    }

    func cancel(_ ticket: Ticket) {
        guard let index = publishers.firstIndex(where: { $0.ticket === ticket }) else { return }
        publishers.remove(at: index).task.finish(.failure(.cancelled))
    }

    override func loopShutsDown() {
        leaveTable()
        while let publisher = publishers.popFirst() { publisher.task.finish(.failure(.loopStopped)) }
    }
}
