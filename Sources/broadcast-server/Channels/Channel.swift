import LWSSwift
import Synchronization

/// One channel: the only place of its order. Messages, who comes and goes, and new names all pass through its home loop, so
/// that each member sees them in one order, and every count is right at its place there, on however many loops the members
/// live.
///
/// What is decided is ``ChannelState``'s; here it is done. Its calls may be made on each of the loops; they go to the home
/// loop, behind what this loop has sent, and what they answer comes back to this loop at its place in the order.
final class Channel: @unchecked Sendable {
    // Reason for the unchecked conformance: what changes is confined to the home loop, which is checked at each access to the
    // state and where the cluster comes in, and by the loop when a timer is set.
    let name: ChannelName
    let group: BroadcastGroup
    let home: ServiceLoop
    private let loops: [ServiceLoop]
    let settings: ChatSettings
    /// What is left of what may be sent in it.
    let meter = SharedMeter()
    /// What is kept of what was said.
    let limits: BroadcastGroup.History
    private(set) weak var directory: ChannelDirectory?
    private let activity = Atomic<UInt8>(0)
    /// How it outlives the server, confined to the home loop; nil when it does not.
    let archive: ChannelArchive?

    // MARK: Confined to the home loop

    private var uncheckedState: ChannelState<MemberLink>
    var state: ChannelState<MemberLink> {
        _read {
            home.preconditionIsCurrent("A channel")
            yield uncheckedState
        }
        _modify {
            home.preconditionIsCurrent("A channel")
            yield &uncheckedState
        }
    }
    var publisherEnvelopes = PublisherEnvelopes()
    /// The keys of publishers that the directory knows of.
    var countedKeys = 0
    /// What it has to do with the channel of this name on other nodes; nil without a cluster.
    let replica: Replica?
    private var lastLink: UInt64 = 0
    /// Those of the members without a session that have a name, which they may have to give away. Without a cluster.
    private var namedGuests: [ClientID: BroadcastSubscriber] = [:]
    /// Fires at the next deadline of the state.
    private var timer: (call: DelayedCall, deadline: ContinuousClock.Instant)?

    /// - Parameters:
    ///   - loops: the first one is its home.
    ///   - store: how it outlives the server.
    ///   - replication: whereby it is the same on all nodes of a cluster.
    init(
        _ name: ChannelName,
        on loops: [ServiceLoop],
        _ settings: ChatSettings,
        history: BroadcastGroup.History,
        in directory: ChannelDirectory,
        kept store: StateStore? = nil,
        on replication: Replication? = nil
    ) {
        let stored = store?.channel(name)
        archive = store.flatMap { store in stored.map { ChannelArchive(store, $0) } }
        self.name = name
        self.settings = settings
        limits = history
        self.directory = directory
        home = loops[0]
        self.loops = loops
        var configuration = BroadcastGroup.Configuration(
            formats: MemberForm.allCases.count,
            slowMembers: settings.slowClients,
            compression: settings.compression,
            history: history,
            eventCommentInterval: settings.eventCommentInterval
        )
        if let stored {
            configuration.epoch = stored.epoch
            configuration.lastNumber = stored.number
        }
        if let replication {
            configuration.epoch = replication.log.epoch
            configuration.lastNumber = replication.number
            configuration.history.hasHoles = true
        }
        replica = replication.map { Replica($0) }
        group = BroadcastGroup(on: loops, configuration)
        uncheckedState = ChannelState(grace: settings.sessionGrace)
    }

    /// Whether what is asked on this loop is answered at once: it is the home, and nobody else has a say.
    var answersAtOnce: Bool { home.isCurrent && replica == nil }

    /// Whether it remembers nothing of anybody.
    var isEmpty: Bool { state.isEmpty && group.historyByteCount == 0 && replica?.isIdle ?? true }

    // MARK: Coming and going

    typealias Arrival = ChannelState<MemberLink>.Arrival

    /// Takes in a member, for a use that was begun in the directory.
    ///
    /// - Parameters:
    ///   - arrive: called on the connection's loop at the member's place in the order: what is told to all before is not for
    ///     it, and everything later is, if it joins the group in this call. With the number of its link, by which it is known
    ///     from then on.
    ///   - refuse: called on the connection's loop instead when the cluster has not taken it in time.
    func join(
        _ request: JoinRequest,
        over connection: BroadcastSubscriber,
        _ arrive: @escaping @Sendable (Arrival, UInt64) -> Void,
        refuse: @escaping @Sendable () -> Void
    ) {
        group.atHome { [self] in
            restore()
            if replica != nil {
                return submitArrival(request, .arrival(connection, arrive: arrive, refuse: refuse))
            }
            lastLink += 1
            let link = MemberLink(id: LinkID(node: .alone, number: lastLink), connection: connection)
            let arrival = state.join(
                request,
                over: link,
                makeID: { directory?.makeID() ?? ClientID(number: 0) },
                makeSession: { SessionID.random().owned(by: request.owner) }
            )
            // Its place has a use of its own.
            if arrival.isBack { directory?.leave(self, isEmpty: false) }
            if arrival.isNamed, arrival.seat.session == nil { namedGuests[arrival.seat.id] = connection }
            settle(arrival)
            group.inOrder(on: connection.loop) { arrive(arrival, link.id.number) }
        }
    }

    /// What becomes of a member's coming, on whatever node it came.
    func settle(_ arrival: Arrival) {
        if let session = arrival.returned {
            directory?.sessionsAreGone([AbsentSession(channel: self, id: session)])
        }
        if let replaced = arrival.replaced?.connection { Self.replace(replaced) }
        if let displaced = arrival.displaced { settle(displaced) }
        store(arrival.seat.session)
        announce(arrival.notice)
        setTimer()
    }

    /// A member has given its name away: it comes back under the one that it has now, since what it says begins with the other.
    private func settle(_ displaced: ChannelState<MemberLink>.Displaced) {
        announce(displaced.notice)
        store(displaced.session)
        let member = displaced.renaming.member.id
        let connection =
            displaced.session.flatMap { state.connection(of: $0)?.connection } ?? namedGuests[member]
            ?? replica?.connection(of: member)
        guard let connection else { return }
        connection.loop.execute {
            connection.eventStream?.close()
            connection.webSocket?.onLoop
                .close(code: .comeBackAtOnce, reason: "The name is of somebody with a token.")
        }
    }

    /// Makes a connection, or an event stream, a member of the group, when its place in the order has come.
    func join(
        _ connection: BroadcastSubscriber,
        _ form: MemberForm,
        _ replay: BroadcastGroup.Replay?,
        tag: BroadcastGroup.SessionTag? = nil
    ) -> BroadcastMember {
        guard let replay else { return group.join(connection, format: form.rawValue, tag: tag) }
        let (member, resumption) = group.join(connection, format: form.rawValue, replaying: replay, tag: tag)
        // Who wants the latest does not come back.
        if case .last = replay { return member }
        directory?.counters.resumed(resumption)
        return member
    }

    static func replace(_ connection: BroadcastSubscriber) {
        // An event stream has no session that could go on elsewhere.
        guard let connection = connection.webSocket else { return }
        let close: @Sendable () -> Void = {
            connection.onLoop.close(code: .replaced, reason: "The session goes on in another connection.")
        }
        // At once where that is possible: what it still sends is the other's, too.
        if connection.loop.isCurrent { close() } else { connection.loop.execute(close) }
    }

    /// The connection of a member has ended.
    ///
    /// - Parameters:
    ///   - leaves: the client meant to leave: its place is not kept.
    ///   - share: whose memory its session takes from now on.
    func disconnect(_ seat: Seat, link number: UInt64, leaves: Bool, _ share: AddressShare) {
        group.atHome { [self] in
            if replica != nil { return submitDeparture(seat, link: number, leaves: leaves, share) }
            namedGuests[seat.id] = nil
            let link = MemberLink(id: LinkID(node: .alone, number: number), connection: nil)
            guard let departure = state.disconnect(seat, from: link, leaves: leaves, now: .now) else { return }
            settle(departure, share)
        }
    }

    /// What becomes of a member's going.
    ///
    /// - Parameter share: nil when its connection was another node's.
    func settle(_ departure: ChannelState<MemberLink>.Departure, _ share: AddressShare?) {
        announce(departure.notice)
        store(departure.absent)
        if let session = departure.absent, let share {
            directory?.sessionWasLost(AbsentSession(channel: self, id: session), of: share)
        }
        if departure.hasLeft { directory?.leave(self, isEmpty: isEmpty) }
        setTimer()
    }

    /// Forgets a session without a connection, since there are too many. On any thread.
    func giveUp(_ session: SessionID) {
        home.execute { [self] in
            if replica != nil { return submit(.forget(session), .nobody) }
            take(state.forget(session))
            store(session)
        }
    }

    func take(_ expiry: ChannelState<MemberLink>.Expiry) {
        let lost = WallTime.now.milliseconds - Int64(settings.sessionGrace / .milliseconds(1))
        for session in expiry.late { store(session, lost: lost) }
        for session in expiry.forgotten { store(session) }
        for notice in expiry.notices { announce(notice) }
        directory?.sessionsAreGone(expiry.forgotten.map { AbsentSession(channel: self, id: $0) })
        // Before the channel itself may go.
        if countedKeys > 0, state.publisherKeys.isEmpty { archive?.note(.ofPublishers, nil) }
        countPublisherKeys()
        directory?.leave(self, uses: expiry.departures, isEmpty: isEmpty)
        setTimer()
    }

    /// It had to give way to another channel: nobody uses it, and nobody will. On any thread.
    func retire() {
        home.execute { [self] in
            directory?.sessionsAreGone(state.absentees.map { AbsentSession(channel: self, id: $0) })
            state.publisherKeys = PublisherKeys()
            countPublisherKeys()
            timer?.call.cancel()
            timer = nil
        }
    }

    func setTimer() {
        // What is read of the past was due long ago.
        guard replica?.isLearning != true else { return }
        let deadline = state.nextDeadline.map { replica?.time(of: $0) ?? $0 }
        guard deadline != timer?.deadline else { return }
        timer?.call.cancel()
        timer = deadline.map { deadline in
            let call = home.call(after: ContinuousClock.now.duration(to: deadline)) { [weak self] in
                guard let self else { return }
                timer = nil
                if replica != nil { submit(.expire, .nobody) } else { take(state.expire(now: .now)) }
            }
            return (call, deadline)
        }
    }

    // MARK: Messages

    /// Returns when everything that was said so far has its place on all loops, and was acknowledged: what goes the same
    /// ways, from each loop to the home and from there to each, has come to its end.
    func settle() async {
        for loop in loops {
            await withCheckedContinuation { continuation in
                let rest = SharedRest(loops.count)
                loop.execute { [group, loops] in
                    group.atHome {
                        for target in loops {
                            group.inOrder(on: target) { if rest.takeOne() == 0 { continuation.resume() } }
                        }
                    }
                }
            }
        }
    }

    // MARK: What was said, and who is there

    /// Gives a part of what was said, as it is at the home, where everything that was acknowledged is known already; for a use
    /// that was begun in the directory and ends with this.
    ///
    /// - Parameter answer: called on the home loop.
    func history(_ fetch: Fetch, _ answer: @escaping @Sendable (Result<HistoryPage, Problem>) -> Void) {
        group.atHome { [self] in
            restore()
            answer(Result { () throws(Problem) in try HistoryReader.page(fetch, of: group) })
            directory?.leave(self, isEmpty: isEmpty)
        }
    }

    /// Says who is there.
    ///
    /// - Parameter answer: called on `loop`, one of the group's, at its place in the order.
    func attendance(on loop: ServiceLoop, _ answer: @escaping @Sendable (Attendance) -> Void) {
        group.atHome { [self] in
            restore()
            let attendance = state.attendance
            group.inOrder(on: loop) { answer(attendance) }
        }
    }

    /// Ends a use that was begun in the directory. On any thread.
    func endVisit() {
        home.execute { [self] in directory?.leave(self, isEmpty: isEmpty) }
    }

    /// Gives up its history, since all take too much together. On any thread.
    func dropHistory() {
        group.dropHistory()
        goIfEmpty()
    }

    /// Gives up what of its history is too old. On any thread.
    func trimHistory() {
        group.trimHistory()
        goIfEmpty()
    }

    private func goIfEmpty() {
        home.execute { [self] in
            archive?.trim(group.oldestNumber ?? group.position.number + 1)
            directory?.leave(self, uses: 0, isEmpty: isEmpty)
        }
    }

    func announce(_ object: ServerObject?) {
        guard let object else { return }
        group.announce(
            ChatProtocol.encode(object),
            in: Announcement.envelope(of: object),
            from: nil,
            includingSender: true
        )
    }

    // MARK: Activity

    /// What was done since it was looked at last: a load for each message, and more only for the first.
    private struct Activity: OptionSet {
        let rawValue: UInt8

        /// Something was said.
        static let used = Activity(rawValue: 1)
        /// The position of the channel has moved by something that somebody has not seen.
        static let movesUnseen = Activity(rawValue: 2)
    }

    /// Something was said, on whatever loop.
    ///
    /// - Parameter isSeen: all who speak JSON learn the position of the channel by it, the sender too.
    func wasUsed(isSeen: Bool) {
        let new: Activity = isSeen ? .used : [.used, .movesUnseen]
        guard !Activity(rawValue: activity.load(ordering: .relaxed)).isSuperset(of: new) else { return }
        let before = Activity(rawValue: activity.bitwiseOr(new.rawValue, ordering: .relaxed).oldValue)
        guard new.subtracting(before).contains(.movesUnseen) else { return }
        group.atHome { [self] in
            home.call(after: .seconds(1)) { [weak self] in self?.tellPosition() }
        }
    }

    /// Whether something was said since this was asked last. On any thread.
    func takeUse() -> Bool {
        Activity(rawValue: activity.bitwiseAnd(~Activity.used.rawValue, ordering: .relaxed).oldValue).contains(.used)
    }

    /// Tells all who speak JSON where the channel has come to.
    private func tellPosition() {
        activity.bitwiseAnd(~Activity.movesUnseen.rawValue, ordering: .relaxed)
        announce(.position(PositionText(group.position)))
    }
}

extension WebSocketCloseCode {
    /// The session goes on in another connection: this one is not to be made again.
    static let replaced = WebSocketCloseCode(rawValue: 4000)
}
