internal import DequeModule

/// Those on one loop who wait until their group is congested no more: connections that are not read from meanwhile, and, on
/// the group's first loop, tasks in the order in which they came. Confined to the loop's thread.
final class WaitingPublishers {
    /// A task that sends a message.
    struct SendingTask {
        let ticket: Ticket
        /// Sends it.
        let body: () -> Void
        let task: WaitingTask<Result<Void, WebSocketError>>

        /// Sends the message, and lets the task go on.
        func send() {
            body()
            task.finish(.success(()))
        }
    }

    private let loop: ServiceLoop
    private var connections: [Subscriber] = []
    /// nil when there are none.
    private var tasks: ParkedTasks?

    init(_ loop: ServiceLoop) {
        self.loop = loop
    }

    // MARK: Connections

    func pause(_ connection: Subscriber) {
        if connection.pausePublishing() { connections.append(connection) }
    }

    func resumeConnections() {
        let paused = connections
        connections = []
        for connection in paused { connection.resumePublishing() }
    }

    // MARK: Tasks

    var hasTasks: Bool { tasks != nil }

    func park(_ task: SendingTask) {
        guard !loop.isShuttingDown else { return task.task.finish(.failure(.loopStopped)) }
        let tasks = tasks ?? ParkedTasks(loop)
        tasks.queue.append(task)
        self.tasks = tasks
    }

    /// The next in turn.
    func unpark() -> SendingTask? {
        defer { forgetTasksIfEmpty() }
        return tasks?.queue.popFirst()
    }

    func cancel(_ ticket: Ticket) {
        guard let tasks, let index = tasks.queue.firstIndex(where: { $0.ticket === ticket }) else { return }
        tasks.queue.remove(at: index).task.finish(.failure(.cancelled))
        forgetTasksIfEmpty()
    }

    private func forgetTasksIfEmpty() {
        guard let tasks, tasks.queue.isEmpty else { return }
        tasks.leaveTable()
        self.tasks = nil
    }

    /// Tasks that wait stand among the sockets of the loop, to hear of its shutdown: nobody else would tell them.
    private final class ParkedTasks: LoopSocket {
        var queue: Deque<SendingTask> = []

        override func loopShutsDown() {
            leaveTable()
            while let task = queue.popFirst() { task.task.finish(.failure(.loopStopped)) }
        }
    }
}
