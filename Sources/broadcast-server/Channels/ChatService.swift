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
    private let connectionCount = Atomic(0)
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
    private var logMessage: (@Sendable (Speaker, BorrowedMessage) -> Void)? { logsMessages() ? writeMessage : nil }

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

    // MARK: Coming and going

    /// Why nobody can be taken in.
    static let tooManyChannels = "There are too many channels: use an existing one, or come back later."

    /// Why somebody cannot come to a channel that is not there; nil when it is, or may be made.
    func refusal(of channel: ChannelName, by principal: Principal) -> Refusal? {
        guard let refusal = directory.refusal(of: channel, by: principal)?.refusal else { return nil }
        limits.count(refusal)
        return refusal
    }

    /// Takes in a member.
    ///
    /// - Parameters:
    ///   - rights: what it may do there.
    ///   - address: where it is, for the log.
    ///   - arrive: called on the connection's loop at the member's place in the order of its channel, where it has to join
    ///     the group: at once if that loop is the channel's home. ``leave(_:_:)`` is to follow, also when the connection has
    ///     ended meanwhile.
    ///   - refuse: called on the connection's loop instead when the cluster takes nobody just now.
    /// - Returns: the channel.
    @discardableResult
    func join(
        _ request: JoinRequest,
        as principal: Principal,
        with rights: ChannelRights,
        at address: SocketAddress?,
        over connection: BroadcastSubscriber,
        refuse: @escaping @Sendable () -> Void,
        _ arrive: @escaping @Sendable (Participant.Place) -> Void
    ) throws(ChannelTable<Channel>.TooManyChannels) -> Channel {
        let channel = try directory.enter(request.channel, by: principal)
        let arrived: @Sendable (Channel.Arrival, UInt64) -> Void = { [self] arrival, link in
            let total = connectionCount.add(1, ordering: .relaxed).newValue
            limits.connectionBegan(principal.share)
            log(arrival, of: principal, at: address, in: request.channel, total)
            arrive(
                Participant.Place(
                    service: self,
                    channel: channel,
                    principal: principal,
                    rights: rights,
                    arrival: arrival,
                    address: address,
                    link: link
                )
            )
        }
        channel.join(request, over: connection, arrived, refuse: refuse)
        return channel
    }

    /// The connection of a member has ended: it leaves, or its place is kept for a while.
    ///
    /// - Parameters:
    ///   - reason: how it ended, for the log.
    ///   - code: of a WebSocket.
    ///   - isForGood: the client has said that it does not come back.
    func leave(_ participant: Participant, _ reason: String, code: WebSocketCloseCode?, isForGood: Bool) {
        let seat = participant.seat
        closed.add(ClosedConnection(ConnectionSample(participant), time: WallTime.now.milliseconds, code, reason))
        let total = connectionCount.subtract(1, ordering: .relaxed).newValue
        limits.connectionEnded(participant.principal.share)
        logger.event(
            .info,
            .disconnected,
            [
                "client": .stringConvertible(seat.id.number), "reason": .string(reason),
                "total": .stringConvertible(total),
            ],
            "Client \(seat.id) disconnected (\(reason)). Total clients: \(total)"
        )
        // All are leaving, and some would be told of others before they have gone themselves.
        guard isListening else { return }
        participant.channel.disconnect(seat, link: participant.link, leaves: isForGood, participant.principal.share)
    }

    private func log(
        _ arrival: Channel.Arrival,
        of principal: Principal,
        at address: SocketAddress?,
        in channel: ChannelName,
        _ total: Int
    ) {
        let seat = arrival.seat
        // Only made for a log that has it.
        func how() -> String {
            let subject = principal.subject.map { ", subject \(EscapedText.excerpt($0))" } ?? ""
            return (arrival.isBack ? " again" : "") + (address.map { " (\($0)\(subject))" } ?? subject)
        }
        logger.event(
            .info,
            .connected,
            Logger.Metadata([
                ("client", seat.id.number), ("address", address), ("subject", principal.subject), ("channel", channel),
                ("again", arrival.isBack), ("total", total),
            ]),
            "Client \(seat.id) connected\(how()). Total clients: \(total)"
        )
        guard !arrival.isBack, arrival.isNamed || channel != .default else { return }
        let name = arrival.isNamed ? " called \(seat.member.name)," : ""
        logger.event(
            .info,
            .named,
            Logger.Metadata([("client", seat.id.number), ("name", seat.member.name), ("channel", channel)]),
            "Client \(seat.id) is\(name) in \(channel)."
        )
    }

    /// A member was too slow, and was not sent something.
    func log(_ loss: BroadcastLoss, of participant: Participant) {
        guard loss.messageCount > 0 else { return }
        let id = participant.seat.id
        logger.event(
            .warning,
            .slow,
            ["client": .stringConvertible(id.number), "lost": .stringConvertible(loss.messageCount)],
            "Client \(id) is too slow: \(loss.messageCount) messages were left out."
        )
    }

    // MARK: Messages

    /// Whether anything is still taken from the members: one that is told to leave is not listened to any more. It takes
    /// what it says for lost, and may say it again.
    var isListening: Bool { !hasStopped.load(ordering: .relaxed) }

    /// Says something.
    ///
    /// - Parameter refuse: called on the member's loop when the cluster has not taken it in time.
    func publish(
        _ message: BorrowedMessage,
        by participant: Participant,
        refuse: (@Sendable () -> Void)? = nil
    ) {
        logMessage?(participant.speaker, message)
        guard replication == nil else {
            return participant.channel.submit(message.message, by: participant, refuse: refuse)
        }
        participant.group.trySend(
            message,
            in: participant.envelope,
            from: participant.membership,
            includingSender: settings.echoes,
            tag: participant.seat.sessionTag
        )
        // Members that speak JSON do not see the place of a binary message, and the author none of its own.
        let isSeen = message.kind == .text && (settings.echoes || participant.seat.session == nil)
        participant.channel.wasUsed(isSeen: isSeen)
    }

    /// Says something once, however often it comes with its key.
    ///
    /// - Parameters:
    ///   - isDurable: it is to be on the disk before it is acknowledged, where there is a state directory.
    ///   - acknowledge: called on the member's loop behind the message, with what became of it; not when another connection
    ///     has taken the member's place.
    func publish(
        _ text: WebSocketMessage,
        key: MessageKey,
        isDurable: Bool = false,
        by participant: Participant,
        _ acknowledge: @escaping @Sendable (Channel.Delivery) -> Void
    ) {
        let seat = participant.seat
        guard let session = seat.session else { return publish(text.borrowed, by: participant) }
        let letter = Channel.Letter(
            text: text,
            key: key,
            envelope: participant.envelope,
            session: session,
            tag: seat.sessionTag,
            sender: participant.membership,
            link: participant.link,
            author: seat.member,
            isDurable: isDurable || settings.isDurable
        )
        participant.channel.publish(letter) { [logMessage, counters] delivery in
            switch delivery {
            case .elsewhere: return
            case .taken(_, isDuplicate: false): logMessage?(participant.speaker, text.borrowed)
            case .taken: counters.repeated(1, by: .json)
            case .notStored, .refused: break
            }
            acknowledge(delivery)
        }
    }

    /// Says something in the name of somebody who is no member: all of it, or nothing.
    ///
    /// On one of the loops. It returns when the messages have their places or, if they are to be on the disk and there is a
    /// state directory, when they are there.
    ///
    /// - Parameters:
    ///   - principal: whose share of messages it is, and of channels if there is none of this name.
    ///   - address: of who says it, for the log, as is `trace`.
    /// - Returns: what became of each message, in order.
    func publish(
        _ posting: Posting,
        in name: ChannelName,
        as principal: Principal,
        from address: SocketAddress?,
        _ trace: TraceParent? = nil
    ) async throws(PostingFault) -> [Posted] {
        guard isListening else { throw .stopped }
        let meter = directory.meter(of: name)
        if let wait = limits.judgePosting(posting.amount, principal, channel: meter) { throw .tooFast(wait) }
        let channel: Channel
        do throws(ChannelTable<Channel>.TooManyChannels) {
            channel = try directory.enter(name, by: principal)
        } catch {
            limits.count(error.refusal)
            throw .noRoom(isOfAddress: error.isOfAddress)
        }
        if meter == nil { limits.pay(posting.amount, in: channel.meter) }
        var posting = posting
        posting.isDurable = posting.isDurable || settings.isDurable
        let result = await withCheckedContinuation { [posting] continuation in
            channel.publish(posting) { continuation.resume(returning: $0) }
        }
        let posted = try result.get()
        count(posting, posted)
        // Its answer comes later, as a member that publishes is read from later.
        if channel.group.isCongested { try? await channel.group.waitForMembers() }
        if let logMessage {
            for (message, posted) in zip(posting.parcels.flatMap(\.messages), posted) where !posted.isDuplicate {
                let speaker = Speaker(publisher: message.name, address: address, trace, in: name, logFormat)
                logMessage(speaker, message.content.borrowed)
            }
        }
        return posted
    }

    private func count(_ posting: Posting, _ posted: [Posted]) {
        var amount = MessageAmount()
        for (message, posted) in zip(posting.parcels.flatMap(\.messages), posted) where !posted.isDuplicate {
            amount = amount + MessageAmount(messages: 1, bytes: message.content.bytes.count)
        }
        counters.posted(amount)
        counters.repeated(posted.count - amount.messages, by: .http)
    }

    /// A part of what was said in a channel; nil for one that there is not, in the state directory neither.
    ///
    /// On one of the loops.
    func history(_ fetch: Fetch, of name: ChannelName) async throws(Problem) -> HistoryPage? {
        let channel: Channel
        do throws(ChannelTable<Channel>.TooManyChannels) {
            guard let known = try directory.visit(name) else { return nil }
            channel = known
        } catch {
            throw Problem(.noRoom, Self.tooManyChannels)
        }
        let result = await withCheckedContinuation { continuation in
            channel.history(fetch) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// A part of what was said before, on the member's loop.
    func history(_ fetch: Fetch, for participant: Participant) throws(Problem) -> HistoryPage {
        try HistoryReader.page(fetch, of: participant.group)
    }

    // MARK: Names and presence

    /// Gives a member another name; an empty text takes it away.
    ///
    /// - Parameter answer: called on the member's loop behind what all are told, perhaps at once, with how the member is
    ///   called now; nil for one whose place another connection has taken.
    func rename(
        _ participant: Participant,
        to text: String,
        _ answer: @escaping @Sendable (Result<Channel.NameChange, Problem>?) -> Void
    ) throws(Problem) {
        var name = text.contains { $0 != " " } ? try MemberName(text) : nil
        do throws(AccessFault) {
            name = try access.name(name, of: participant.principal.grant ?? access.anonymousGrant)
        } catch {
            throw error.problem
        }
        let connection = participant.membership.subscriber
        participant.channel.rename(participant.seat, link: participant.link, to: name, over: connection) {
            [logger] result in
            if case .success(let change)? = result {
                let member = change.renaming.member
                logger.event(
                    .info,
                    .named,
                    ["client": .stringConvertible(member.id.number), "name": .string(member.name)],
                    "Client \(member.id) is called \(member.name)."
                )
            }
            answer(result)
        }
    }

    /// Says who is in the channel.
    ///
    /// - Parameter answer: called on the member's loop, at its place in the order, perhaps at once.
    func presence(for participant: Participant, _ answer: @escaping @Sendable (Attendance) -> Void) {
        participant.channel.attendance(on: participant.membership.subscriber.loop, answer)
    }

    // MARK: Stopping

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
