import LWSSwift

/// A channel of a cluster: what stands in the log is done, on all nodes in the same way.
extension Channel {
    /// Does what stands in a batch, at its place. On the home loop.
    ///
    /// - Parameter isPast: it is read before this node knows who is there.
    func apply(_ logged: LoggedBatch, isPast: Bool) {
        home.preconditionIsCurrent("A channel")
        guard let replica else { return }
        do throws(EntryFault) {
            try apply(logged, isPast: isPast, replica)
        } catch {
            replica.replication.report("A batch of the channel \(name) is not understood: \(error).")
        }
        setTimer()
        sendNext(replica)
    }

    private func apply(_ logged: LoggedBatch, isPast: Bool, _ replica: Replica) throws(EntryFault) {
        var batch = try EntryBatch(logged.bytes)
        var place = EntryPlace.number(of: logged.place)
        let instant = replica.replication.instant(logged.time)
        let moment = Moment(node: batch.node, time: logged.time, instant: instant)
        group.advance(to: place)
        replica.isLearning = isPast
        if !isPast { replica.clockOffset = instant.duration(to: .now) }
        // What comes back is what was sent: it need not be read once more.
        if let own = replica.end(BatchID(node: batch.node, number: batch.number)) {
            let isWhereItWas = replica.replication.figures.delivered(own.id, at: logged.place)
            guard isWhereItWas else {
                refuse(own.batch, replica)
                return replica.replication.placesDiffer()
            }
            for waiting in own.batch {
                apply(waiting.entry, at: &place, moment, waiting.waiter, replica)
                ended(waiting, replica)
            }
        } else {
            while let entry = try batch.next() { apply(entry, at: &place, moment, nil, replica) }
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
        case .join(let arriving):
            var link = link(arriving.link)
            link.since = arriving.since
            apply(arriving, over: link, waiter, replica)
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
        case .message(let spoken): apply(spoken, at: &place, moment, over: link(spoken.link), waiter, replica)
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
        if case .returning(let session) = arriving.identity {
            // Its client has come to another node since.
            if !arriving.isBack, state.connection(of: session)?.since ?? 0 > link.since {
                if let waiter { refuse(waiter) }
                return
            }
            replica.adopted.remove(session)
        }
        let request = JoinRequest(
            channel: name,
            name: arriving.name.flatMap { try? MemberName($0) },
            identity: arriving.identity,
            owner: SessionOwner(of: arriving.session)
        )
        let arrival = state.join(
            request,
            over: link,
            tag: ChannelSessions<MemberLink>.tag(of: arriving.member),
            makeID: { arriving.member },
            makeSession: { arriving.session }
        )
        replica.replication.saw(arrival.seat.id)
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
        _ waiter: Replica.Waiter?,
        _ replica: Replica
    ) {
        var (sender, envelope): (BroadcastMember?, BroadcastEnvelope?)
        var answer: (@Sendable (Delivery) -> Void)?
        switch waiter {
        case .letter(let letter, let acknowledge)?:
            (sender, envelope, answer) = (letter.sender, letter.envelope, acknowledge)
        case .message(let member, let own, _)?: (sender, envelope) = (member, own)
        default: break
        }
        func acknowledge(_ delivery: Delivery) {
            guard let answer, let sender else { return }
            group.inOrder(on: sender.subscriber.loop) { answer(delivery) }
        }
        if replica.isLearning { adopt(spoken, link, replica) }
        if let key = spoken.key, let session = spoken.session {
            // Its node may have been taken for lost meanwhile.
            switch state.known(key, in: session, over: link, mayBeLost: true) {
            case .elsewhere: return acknowledge(.elsewhere)
            case .sent(let receipt): return acknowledge(.taken(receipt, isDuplicate: true))
            case .nothing: break
            }
        }
        place += 1
        group.trySend(
            spoken.content.borrowed,
            at: BroadcastGroup.Place(number: place, time: moment.time),
            in: envelope ?? self.envelope(of: spoken.author),
            from: sender,
            includingSender: settings.echoes,
            tag: spoken.session.map { _ in BroadcastGroup.SessionTag(UInt64(spoken.tag)) }
        )
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

    // MARK: Other nodes

    /// A node has lost its connections, for all that the others know. On the home loop.
    ///
    /// - Parameters:
    ///   - node: nil for all of them.
    ///   - isPast: it is read before this node knows who is there.
    func lost(_ node: NodeID?, at batch: LoggedBatch, isPast: Bool) {
        home.preconditionIsCurrent("A channel")
        guard let replica else { return }
        let instant = replica.replication.instant(batch.time)
        replica.isLearning = isPast
        if !isPast { replica.clockOffset = instant.duration(to: .now) }
        if node == nil { replica.adopted = [] }
        group.advance(to: EntryPlace.number(of: batch.place))
        for departure in state.disconnectAll(now: instant, where: { node == nil || $0.id.node == node }) {
            settle(departure, nil)
        }
        let guests = replica.guests.filter { node == nil || $0.value == node }.keys.sorted()
        for guest in guests {
            replica.guests[guest] = nil
            settle(state.disconnectGuest(guest), nil)
        }
        setTimer()
        guard node == nil || node == replica.replication.node else { return }
        // They are here all the same.
        for (link, local) in replica.locals.sorted(by: { $0.key < $1.key }) {
            let arriving = ChannelEntry.Arriving(
                link: link,
                identity: local.seat.session.map(JoinRequest.Identity.returning) ?? .none,
                name: local.seat.member.ownName,
                member: local.seat.id,
                session: local.seat.session ?? .random(),
                since: WallTime.now.milliseconds,
                isBack: true
            )
            submit(.join(arriving), .comeback(local.connection))
        }
    }

    /// Who is here, for a node that has come. On the home loop.
    var told: ToldChannel {
        guard let replica else { preconditionFailure("Without a cluster there is nobody to tell.") }
        return state.told(as: name, guests: replica.guests) { instant in replica.replication.time(instant) }
    }

    /// Takes in who is here. On the home loop.
    func install(_ told: ToldChannel) {
        home.preconditionIsCurrent("A channel")
        guard let replica else { return }
        let before = state.roster.count
        (replica.isLearning, replica.clockOffset) = (false, .zero)
        (replica.adopted, replica.guests) = ([], [:])
        for member in told.members {
            if let node = member.node { replica.guests[ClientID(number: member.id)] = NodeID(rawValue: node) }
        }
        for member in told.members { replica.replication.saw(ClientID(number: member.id)) }
        state = ChannelState(told, grace: settings.sessionGrace) { time in replica.replication.instant(time) }
        directory?.use(self, max(told.members.count - before, 0))
        countPublisherKeys()
        setTimer()
        directory?.leave(self, uses: max(before - told.members.count, 0), isEmpty: isEmpty)
    }

    /// Takes in the member that says something, if its coming was gone from the log when this node read it.
    private func adopt(_ spoken: ChannelEntry.Spoken, _ link: MemberLink, _ replica: Replica) {
        guard let session = spoken.session else { return }
        if let connection = state.connection(of: session) {
            // It may have come back elsewhere, of which there is nothing either.
            if connection != link, replica.adopted.contains(session) { state.move(session, to: link) }
        } else if state.adopt(session, spoken.author, tag: spoken.tag, over: link) {
            replica.adopted.insert(session)
            directory?.use(self, 1)
        }
    }
}
