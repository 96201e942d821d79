internal import Synchronization

/// Who waits for whom in a group. Those who publish wait for members that are too far behind and still read, which the
/// ``MemberWatch`` of each loop finds, and for messages on their way between loops, which the ``Sequencer`` counts. To wait
/// means: the connection of a member that sends is not read from, and a task that sends is suspended; both are kept, loop by
/// loop, as ``WaitingPublishers``. When there is nothing to wait for any more, all of them go on, on every loop.
///
/// It may be asked on any thread.
final class Congestion: Sendable {
    /// Loops that have members to wait for.
    private let loopsThatWait = Atomic<Int>(0)
    /// Bytes on their way between loops.
    private let relayBytes = Atomic<Int>(0)
    private let maximumRelayBytes: Int
    /// The first is where tasks wait.
    private let publishers: [LoopBound<WaitingPublishers>]

    /// - Parameter loops: those of the group, the first one being where its order is made.
    init(_ loops: [ServiceLoop], maximumRelayBytes: Int) {
        self.maximumRelayBytes = maximumRelayBytes
        publishers = loops.map { LoopBound($0, WaitingPublishers($0)) }
    }

    /// Whether publishers are to wait.
    var isPresent: Bool {
        isByMembers || relayBytes.load(ordering: .relaxed) > maximumRelayBytes
    }

    /// Whether some loop has members to wait for.
    var isByMembers: Bool {
        loopsThatWait.load(ordering: .relaxed) > 0
    }

    // MARK: What there is to wait for

    /// A loop has members to wait for.
    func membersFellBehind() {
        loopsThatWait.add(1, ordering: .relaxed)
    }

    /// A loop has none any more.
    func membersCaughtUp() {
        if loopsThatWait.subtract(1, ordering: .relaxed).newValue == 0 { release() }
    }

    /// Bytes begin their way to another loop.
    func relayBegan(_ byteCount: Int) {
        relayBytes.add(byteCount, ordering: .relaxed)
    }

    /// They have arrived, or never will.
    func relayEnded(_ byteCount: Int) {
        let (before, after) = relayBytes.subtract(byteCount, ordering: .relaxed)
        if after <= maximumRelayBytes, before > maximumRelayBytes { release() }
    }

    // MARK: Who waits

    /// Reads nothing more from a connection that publishes, for the time being. One of another loop is told there, if there is
    /// still something to wait for.
    func pause(_ connection: Subscriber) {
        guard connection.loop.isCurrent else {
            return connection.loop.execute { [self] in if isPresent { pause(connection) } }
        }
        publishers.first { $0.loop === connection.loop }?.value.pause(connection)
    }

    /// Lets a task send, or has it wait behind those that do. On the first loop.
    func admit(_ task: WaitingPublishers.SendingTask) {
        let waiting = publishers[0].value
        guard !isPresent, !waiting.hasTasks else { return waiting.park(task) }
        task.send()
    }

    /// Lets a task whose task was cancelled go. On any thread.
    func cancel(_ ticket: Ticket) {
        let waiting = publishers[0]
        waiting.loop.execute { waiting.value.cancel(ticket) }
    }

    /// Lets all go on, each loop when it gets round to it.
    private func release() {
        for waiting in publishers {
            waiting.loop.execute { [self] in
                guard !isPresent else { return }
                waiting.value.resumeConnections()
                while !isPresent, let task = waiting.value.unpark() { task.send() }
            }
        }
    }
}
