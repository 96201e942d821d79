import LWSSwift

/// A channel of a cluster: what changes it goes to the log, and is done when it comes back from there.
extension Channel {
    // MARK: To the log

    /// Puts a change in line for its place. On the home loop.
    func submit(_ entry: ChannelEntry, _ waiter: Replica.Waiter) {
        guard let replica else { preconditionFailure("Without a cluster nothing goes to its log.") }
        let bytes = entry.bytes
        let publications =
            switch entry {
            case .message: 1
            case .posting(let parcels): parcels.reduce(0) { $0 + $1.messages.count }
            case .join, .leave, .rename, .expire, .forget: 0
            }
        let waiting = Replica.Waiting(
            bytes: bytes,
            publications: publications,
            isSaid: entry.isSaid,
            waiter: waiter,
            since: .now
        )
        guard replica.replication.beganWaiting(bytes.count, mayBeRefused: waiter.mayBeRefused) else {
            return refuse(waiter)
        }
        group.bytesBegan(bytes.count)
        replica.append(waiting)
        sendNext(replica)
        if case .message(let member, _) = waiter { group.slowDown(member) }
        if case .letter(let letter, _) = waiter { group.slowDown(letter.sender) }
    }

    /// Sends the next batch once this loop has done what it is at, so that what comes together goes together.
    private func sendNext(_ replica: Replica) {
        guard replica.underWay == nil, !replica.isScheduled, !replica.isIdle else { return }
        replica.isScheduled = true
        home.execute { [self] in sendNow() }
    }

    private func sendNow() {
        guard let replica else { return }
        replica.isScheduled = false
        let replication = replica.replication
        guard let underWay = replica.begin(maximumBytes: replication.log.maximumBatchBytes) else { return }
        let bytes = EntryBatch.bytes(
            node: underWay.id.node,
            number: underWay.id.number,
            underWay.batch.map(\.bytes)
        )
        let topic: SharedTopic = underWay.batch.contains(where: \.isSaid) ? .said(name) : .presence(name)
        let id = underWay.id
        let batch = SharedBatch(topic: topic, id: id, bytes: bytes)
        replication.figures.sent(id)
        replication.log.append(batch, within: replication.patience) { [self] result in
            replication.figures.answered(id, isStored: (try? result.get()) != nil)
            // Where it stands is known when it comes back, which is a moment later at most.
            guard case .failure(let fault) = result else { return }
            home.execute { [self] in giveUp(id, fault) }
        }
    }

    private func giveUp(_ id: BatchID, _ fault: SharedLogFault) {
        guard let replica, let failed = replica.end(id) else { return }
        for waiting in replica.giveUp(failed, before: .now - replica.replication.patience) {
            ended(waiting, replica)
            refuse(waiting.waiter)
        }
        if fault != .closed { sendNext(replica) }
    }

    /// Refuses everybody who waits for a place: it may be there, where this node will never see it. On the home loop.
    func giveUpAll() {
        guard let replica else { return }
        for waiting in replica.giveUpAll() {
            ended(waiting, replica)
            refuse(waiting.waiter)
        }
    }

    private func ended(_ waiting: Replica.Waiting, _ replica: Replica) {
        replica.replication.endedWaiting(waiting.bytes.count)
        group.bytesEnded(waiting.bytes.count)
    }

    private func refuse(_ waiter: Replica.Waiter) {
        switch waiter {
        case .nobody, .departure, .comeback: break
        case .arrival(let connection, _, let refuse):
            group.inOrder(on: connection.loop, refuse)
            directory?.leave(self, isEmpty: isEmpty)
        case .renaming(let connection, let answer):
            group.inOrder(on: connection.loop) { answer(.failure(Self.unavailable)) }
        case .message(let member, let refuse):
            if let refuse { group.inOrder(on: member.subscriber.loop, refuse) }
        case .letter(let letter, let acknowledge):
            group.inOrder(on: letter.sender.subscriber.loop) { acknowledge(.refused) }
        case .posting(let answer): answer(.failure(.unavailable))
        }
    }

    static let unavailable = Problem(.unavailable, "The cluster takes nothing just now: try again.")

    // MARK: What members do

    func submitArrival(_ request: JoinRequest, _ waiter: Replica.Waiter) {
        guard let replica else { return }
        let link = replica.makeLink()
        replica.replication.withID { [self] id in
            let place: @Sendable () -> Void = { [self] in
                guard let id else { return refuse(waiter) }
                let arriving = ChannelEntry.Arriving(
                    link: link,
                    identity: request.identity,
                    name: request.name?.text,
                    member: id,
                    session: .random()
                )
                submit(.join(arriving), waiter)
            }
            if home.isCurrent { place() } else { home.execute(place) }
        }
    }

    func submitDeparture(_ seat: Seat, link: UInt64, leaves: Bool, _ share: AddressShare) {
        replica?.locals[link] = nil
        let leaving = ChannelEntry.Leaving(link: link, member: seat.id, session: seat.session, isForGood: leaves)
        submit(.leave(leaving), .departure(share))
    }

    func submitName(_ name: MemberName?, of seat: Seat, link: UInt64, _ waiter: Replica.Waiter) {
        guard let replica else { return }
        // Looked at where the member is: those that know it by hearsay do not know how often it has done so.
        if var local = replica.locals[link], case .renaming(let connection, let answer) = waiter {
            let isAllowed = ChannelRoster.changes.allows(&local.changes, now: .now)
            replica.locals[link] = local
            guard isAllowed else {
                return group.inOrder(on: connection.loop) { answer(.failure(ChannelRoster.changesTooOften)) }
            }
        }
        let renaming = ChannelEntry.Renaming(link: link, member: seat.id, session: seat.session, name: name?.text)
        submit(.rename(renaming), waiter)
    }

    func submit(_ letter: Letter, _ acknowledge: @escaping @Sendable (Delivery) -> Void) {
        let spoken = ChannelEntry.Spoken(
            link: letter.link,
            author: letter.author,
            session: letter.session,
            tag: UInt32(truncatingIfNeeded: letter.tag?.number ?? 0),
            key: letter.key,
            content: letter.text
        )
        submit(.message(spoken), .letter(letter, acknowledge))
    }

    /// Says something without a key, by way of the log. On the loop of the member.
    ///
    /// - Parameter refuse: called on the member's loop when the cluster has not taken it in time.
    func submit(_ message: WebSocketMessage, by participant: Participant, refuse: (@Sendable () -> Void)?) {
        let (seat, member, link) = (participant.seat, participant.membership, participant.link)
        group.atHome { [self] in
            let spoken = ChannelEntry.Spoken(
                link: link,
                author: seat.member,
                session: seat.session,
                tag: seat.tag,
                key: nil,
                content: message
            )
            submit(.message(spoken), .message(member, refuse: refuse))
        }
    }

    // MARK: From the log

    /// Does what stands in a batch, at its place. On the home loop.
    func apply(_ logged: LoggedBatch) {
        guard let replica, let batch = read(logged) else { return }
        let own = replica.end(BatchID(node: batch.node, number: batch.number))
        var place = EntryPlace.number(of: logged.place)
        let instant = replica.replication.instant(logged.time)
        replica.clockOffset = instant.duration(to: .now)
        group.advance(to: place)
        if let own { replica.replication.figures.delivered(own.id) }
        for (index, entry) in batch.entries.enumerated() {
            let moment = Moment(node: batch.node, time: logged.time, instant: instant)
            let waiting = own.flatMap { $0.batch.indices.contains(index) ? $0.batch[index] : nil }
            apply(entry, at: &place, moment, waiting?.waiter, replica)
            if let waiting { ended(waiting, replica) }
        }
        setTimer()
        sendNext(replica)
    }

    private func read(_ logged: LoggedBatch) -> EntryBatch? {
        do throws(EntryFault) {
            return try EntryBatch(logged.bytes)
        } catch {
            replica?.replication.report("A batch of the channel \(name) is not understood: \(error).")
            return nil
        }
    }

    /// Where an entry comes from, and when it has its place.
    private struct Moment {
        let node: NodeID
        let time: Int64
        let instant: ContinuousClock.Instant
    }

    private func apply(
        _ entry: ChannelEntry,
        at place: inout UInt64,
        _ moment: Moment,
        _ waiter: Replica.Waiter?,
        _ replica: Replica
    ) {
        func link(_ number: UInt64) -> MemberLink {
            MemberLink(id: LinkID(node: moment.node, number: number), connection: waiter?.connection)
        }
        switch entry {
        case .join(let arriving): apply(arriving, over: link(arriving.link), waiter, replica)
        case .leave(let leaving):
            // It may have been taken for lost with its node.
            if leaving.session == nil, replica.guests.removeValue(forKey: leaving.member) == nil { return }
            let member = Member(id: leaving.member, name: "")
            let seat = Seat(member: member, session: leaving.session, tag: 0)
            let departure = state.disconnect(
                seat,
                from: link(leaving.link),
                leaves: leaving.isForGood,
                now: moment.instant
            )
            guard let departure else { return }
            var share: AddressShare?
            if case .departure(let own)? = waiter { share = own }
            settle(departure, share)
        case .rename(let renaming):
            let member = Member(id: renaming.member, name: "")
            let seat = Seat(member: member, session: renaming.session, tag: 0)
            // It was looked at before it came to the log.
            let name = renaming.name.flatMap { try? MemberName($0) }
            let result = rename(seat, to: name, over: link(renaming.link), now: nil)
            guard case .renaming(let connection, let answer)? = waiter else { return }
            if case .success(let change)? = result {
                replica.locals[renaming.link]?.seat.member = change.renaming.member
            }
            group.inOrder(on: connection.loop) { answer(result) }
        case .message(let spoken): apply(spoken, at: &place, moment, over: link(spoken.link), waiter)
        case .posting(let parcels):
            state.publisherKeys.expire(now: moment.instant)
            let result = Result { () throws(PostingFault) in try take(parcels, at: &place, moment) }
            if case .posting(let answer)? = waiter { answer(result) }
        case .expire: take(state.expire(now: moment.instant))
        case .forget(let session): take(state.forget(session))
        }
    }

    private func apply(
        _ arriving: ChannelEntry.Arriving,
        over link: MemberLink,
        _ waiter: Replica.Waiter?,
        _ replica: Replica
    ) {
        guard !arriving.isBack || isMissing(arriving, link, waiter, replica) else { return }
        var generator = FixedGenerator(arriving.session)
        let request = JoinRequest(
            channel: name,
            name: arriving.name.flatMap { try? MemberName($0) },
            identity: arriving.identity
        )
        let arrival = state.join(request, over: link, makeID: { arriving.member }, using: &generator)
        if arrival.seat.session == nil { replica.guests[arrival.seat.id] = link.id.node }
        switch waiter {
        case .arrival(let connection, let arrive, _)?:
            if arrival.isBack { directory?.leave(self, isEmpty: false) }
            replica.locals[arriving.link] = Replica.Local(connection: connection, seat: arrival.seat)
            settle(arrival)
            group.inOrder(on: connection.loop) { arrive(arrival, arriving.link) }
        case .comeback(let connection)?:
            if !arrival.isBack { directory?.use(self, 1) }
            if replica.locals[arriving.link] != nil {
                replica.locals[arriving.link] = Replica.Local(connection: connection, seat: arrival.seat)
            }
            settle(arrival)
        default:
            if !arrival.isBack { directory?.use(self, 1) }
            settle(arrival)
            // It was given up here: nobody has that connection.
            if link.id.node == replica.replication.node {
                let leaving = ChannelEntry.Leaving(
                    link: arriving.link,
                    member: arrival.seat.id,
                    session: arrival.seat.session,
                    isForGood: true
                )
                submit(.leave(leaving), .departure(nil))
            }
        }
    }

    /// Whether a member of a node that was taken for lost is to be taken in again.
    private func isMissing(
        _ arriving: ChannelEntry.Arriving,
        _ link: MemberLink,
        _ waiter: Replica.Waiter?,
        _ replica: Replica
    ) -> Bool {
        guard case .returning(let session) = arriving.identity else { return replica.guests[arriving.member] == nil }
        guard let other = state.connection(of: session) else { return true }
        // It has come back elsewhere meanwhile.
        if other != link, let connection = waiter?.connection { Self.replace(connection) }
        return false
    }

    private func apply(
        _ spoken: ChannelEntry.Spoken,
        at place: inout UInt64,
        _ moment: Moment,
        over link: MemberLink,
        _ waiter: Replica.Waiter?
    ) {
        let letter: (Letter, @Sendable (Delivery) -> Void)? =
            if case .letter(let letter, let acknowledge)? = waiter { (letter, acknowledge) } else { nil }
        func acknowledge(_ delivery: Delivery) {
            guard let (letter, acknowledge) = letter else { return }
            group.inOrder(on: letter.sender.subscriber.loop) { acknowledge(delivery) }
        }
        if let key = spoken.key, let session = spoken.session {
            // Its node may have been taken for lost meanwhile.
            switch state.known(key, in: session, over: link, mayBeLost: true) {
            case .elsewhere: return acknowledge(.elsewhere)
            case .sent(let receipt): return acknowledge(.taken(receipt, isDuplicate: true))
            case .nothing: break
            }
        }
        var sender = letter?.0.sender
        if case .message(let member, _)? = waiter { sender = member }
        say(spoken, at: &place, moment.time, from: sender)
        let receivers = state.connectedCount - (settings.echoes || sender == nil && spoken.tag == 0 ? 0 : 1)
        let receipt = Receipt.inCluster(group.position, receivers: receivers)
        if let key = spoken.key, let session = spoken.session { state.remember(receipt, for: key, in: session) }
        // No acknowledgement of the cluster is a position.
        wasUsed(isSeen: spoken.content.kind == .text && (settings.echoes || spoken.session == nil))
        acknowledge(.taken(receipt, isDuplicate: false))
    }

    private func say(
        _ spoken: ChannelEntry.Spoken,
        at place: inout UInt64,
        _ time: Int64,
        from sender: BroadcastMember?
    ) {
        place += 1
        group.trySend(
            spoken.content.borrowed,
            at: BroadcastGroup.Place(number: place, time: time),
            in: envelope(of: spoken.author),
            from: sender,
            includingSender: settings.echoes,
            tag: spoken.session.map { _ in BroadcastGroup.SessionTag(UInt64(spoken.tag)) }
        )
    }

    private func take(
        _ parcels: [Posting.Parcel],
        at place: inout UInt64,
        _ moment: Moment
    ) throws(PostingFault) -> [Posted] {
        try state.publisherKeys.check(Posting(parcels: parcels))
        var posted: [Posted] = []
        for parcel in parcels {
            if let receipts = state.publisherKeys.receipts(of: parcel) {
                posted += receipts.map { Posted(receipt: $0, isDuplicate: true) }
                continue
            }
            var first: Receipt?
            for message in parcel.messages {
                place += 1
                let author = Member(id: .ofPublishers, name: message.name)
                group.trySend(
                    message.content.borrowed,
                    at: BroadcastGroup.Place(number: place, time: moment.time),
                    in: envelope(of: author)
                )
                wasUsed(isSeen: message.content.kind == .text)
                let receipt = Receipt.inCluster(group.position, receivers: state.connectedCount)
                first = first ?? receipt
                posted.append(Posted(receipt: receipt, isDuplicate: false))
            }
            // Every node has to come to the same, so that what other channels hold does not count.
            if let first { state.publisherKeys.remember(first, for: parcel, now: moment.instant) }
        }
        countPublisherKeys()
        return posted
    }

    private func envelope(of author: Member) -> BroadcastEnvelope {
        publisherEnvelopes.envelope(of: "\(author.id) \(author.name)") {
            Author(member: author, form: settings.envelope, epoch: group.position.epoch).envelope
        }
    }

    // MARK: Other nodes

    /// A node has lost its connections, for all that the others know. On the home loop.
    func lost(_ node: NodeID, at batch: LoggedBatch) {
        guard let replica else { return }
        let instant = replica.replication.instant(batch.time)
        replica.clockOffset = instant.duration(to: .now)
        group.advance(to: EntryPlace.number(of: batch.place))
        for departure in state.disconnectAll(now: instant, where: { $0.id.node == node }) {
            settle(departure, nil)
        }
        let guests = replica.guests.filter { $0.value == node }.keys.sorted()
        for guest in guests {
            replica.guests[guest] = nil
            settle(state.disconnectGuest(guest), nil)
        }
        setTimer()
        guard node == replica.replication.node else { return }
        // They are here all the same.
        for (link, local) in replica.locals.sorted(by: { $0.key < $1.key }) {
            let arriving = ChannelEntry.Arriving(
                link: link,
                identity: local.seat.session.map(JoinRequest.Identity.returning) ?? .none,
                name: local.seat.member.name == "Client \(local.seat.id)" ? nil : local.seat.member.name,
                member: local.seat.id,
                session: local.seat.session ?? .random(),
                isBack: true
            )
            submit(.join(arriving), .comeback(local.connection))
        }
    }

    /// Takes in what was said before this node came: who was there is told by others. On the home loop.
    func learn(_ logged: LoggedBatch) {
        guard let replica, let batch = read(logged) else { return }
        var place = EntryPlace.number(of: logged.place)
        let instant = replica.replication.instant(logged.time)
        group.advance(to: place)
        for entry in batch.entries {
            switch entry {
            case .message(let spoken):
                if let key = spoken.key, let session = spoken.session {
                    guard replica.learned[session]?[key] == nil else { continue }
                    say(spoken, at: &place, logged.time, from: nil)
                    let receipt = Receipt.inCluster(group.position, receivers: 0)
                    replica.learned[session, default: KeyMemory()].remember(receipt, for: key)
                } else {
                    say(spoken, at: &place, logged.time, from: nil)
                }
            case .posting(let parcels):
                state.publisherKeys.expire(now: instant)
                let moment = Moment(node: batch.node, time: logged.time, instant: instant)
                // What was refused then is refused now.
                _ = try? take(parcels, at: &place, moment)
            case .join, .leave, .rename, .expire, .forget: break
            }
        }
    }

    /// Who is here, for a node that has come. On the home loop.
    var told: ToldChannel {
        guard let replica else { preconditionFailure("Without a cluster there is nobody to tell.") }
        return state.told(as: name, guests: replica.guests) { instant in replica.replication.time(instant) }
    }

    /// Takes in who is here. On the home loop.
    func install(_ told: ToldChannel) {
        guard let replica else { return }
        replica.learned = [:]
        replica.guests = [:]
        for member in told.members {
            if let node = member.node { replica.guests[ClientID(number: member.id)] = NodeID(rawValue: node) }
        }
        state = ChannelState(told, grace: settings.sessionGrace) { time in replica.replication.instant(time) }
        directory?.use(self, told.members.count)
        countPublisherKeys()
        setTimer()
    }
}

/// Gives the bits that another node has drawn.
private struct FixedGenerator: RandomNumberGenerator {
    private var halves: [UInt64]

    init(_ session: SessionID) {
        halves = [session.low, session.high]
    }

    mutating func next() -> UInt64 {
        guard let half = halves.popLast() else { preconditionFailure("A session has two halves.") }
        return half
    }
}
