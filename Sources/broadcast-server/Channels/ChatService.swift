import LWSSwift
import Logging
import Synchronization

/// What clients do in channels, whatever way they come: the gateways ask for it, each in its own language.
///
/// It may be used on several loops; what belongs to a connection is called on its loop.
final class ChatService: Sendable {
    let settings: ChatSettings
    let logger: Logger
    let limits: Limits
    /// Writes what somebody said to the log: apart from the logger, since it happens for every message.
    let logFormat: LogFormat
    private let writeMessage: (@Sendable (Speaker, BorrowedMessage) -> Void)?
    /// Whether the log has it; that may change.
    private let logsMessages: @Sendable () -> Bool
    let loops: [ServiceLoop]
    let directory: ChannelDirectory
    /// The members by the loops that their connections are on.
    let participants: [ParticipantList]
    /// Those that have ended.
    let closed = ClosedConnections()
    /// What outlives the server; nil when nothing does.
    let store: StateStore?
    /// The cluster; nil without one.
    let replication: Replication?
    /// How it is.
    let health: Health
    /// Who may do what.
    let access: AccessControl
    /// Writes to the log whom the server turns away.
    let refusals: RefusalLog
    let counters = ServiceCounters()
    /// How many members are connected.
    let connectionCount = Atomic(0)
    private let hasStopped = Atomic(false)

    init(
        on loops: [ServiceLoop],
        _ settings: ChatSettings,
        limits: Limits = Limits(),
        logger: Logger,
        logMessage: (@Sendable (Speaker, BorrowedMessage) -> Void)?,
        logFormat: LogFormat = .text,
        logsMessages: @escaping @Sendable () -> Bool = { true },
        store: StateStore? = nil,
        replication: Replication? = nil,
        access: AccessControl = AccessControl()
    ) {
        self.access = access
        health = Health(loops, replication)
        refusals = RefusalLog(logger)
        self.loops = loops
        participants = loops.map(ParticipantList.init)
        self.settings = settings
        self.limits = limits
        self.logger = logger
        writeMessage = logMessage
        self.logFormat = logFormat
        self.logsMessages = logsMessages
        self.store = store
        self.replication = replication
        directory = ChannelDirectory(on: loops, settings, limits, store, replication, counters: counters)
    }

    /// nil when the log leaves out what is said.
    var logMessage: (@Sendable (Speaker, BorrowedMessage) -> Void)? { logsMessages() ? writeMessage : nil }

    /// What one that comes now is to know of the server; nil when all is well.
    var trouble: Status? {
        guard let status = replication?.status, status != .back else { return nil }
        return status
    }

    /// Comes to the cluster, if there is one; returns when this node knows who is there. Blocks.
    func beginReplication() throws(Failure) {
        try replication?.begin(directory)
        replication?.reportFigures(on: loops[0])
    }

    // MARK: Stopping

    /// Whether anything is still taken from the members: one that is told to leave is not listened to any more. It takes
    /// what it says for lost, and may say it again.
    var isListening: Bool { !hasStopped.load(ordering: .relaxed) }

    /// Takes nothing more from the members, and returns when what was taken has been acknowledged and is on its way to all.
    ///
    /// Otherwise a member that the end of the server cuts off from its acknowledgement would say the same again to the next
    /// server.
    func stop() async {
        hasStopped.store(true, ordering: .relaxed)
        let channels = directory.channels
        for channel in channels { await channel.settle() }
        if let replication { await settle(replication, channels) }
        guard let store else { return }
        for channel in channels {
            while channel.isUnsettled {
                await store.written()
                await channel.settle()
            }
        }
    }

    /// What was taken has its place in the log, or has been refused.
    private func settle(_ replication: Replication, _ channels: [Channel]) async {
        await withCheckedContinuation { continuation in
            replication.whenNothingWaits { continuation.resume() }
        }
        for channel in channels { await channel.settle() }
    }

    /// Forgets everything, when the connections have ended.
    func end() {
        directory.removeAll()
    }
}
