import LWSSwift

/// A channel of a cluster: what would change it goes to the log.
extension Channel {
    /// Puts a change in line for its place. On the home loop.
    func submit(_ entry: ChannelEntry, _ waiter: Replica.Waiter) {
        home.preconditionIsCurrent("A channel")
        guard let replica else { preconditionFailure("Without a cluster nothing goes to its log.") }
        let byteCount = entry.maximumByteCount
        let waiting = Replica.Waiting(entry: entry, byteCount: byteCount, waiter: waiter, since: .now)
        guard
            replica.replication.beganWaiting(
                byteCount,
                mayBeRefused: waiter.mayBeRefused,
                isSlowedDown: waiter.isSlowedDown
            )
        else {
            return refuse(waiter)
        }
        group.bytesBegan(byteCount)
        replica.append(waiting)
        sendNext(replica)
        if case .message(let member, _, _) = waiter { group.slowDown(member) }
        if case .letter(let letter, _) = waiter { group.slowDown(letter.sender) }
    }

    /// Sends the next batch once this loop has done what it is at, so that what comes together goes together.
    func sendNext(_ replica: Replica) {
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
            underWay.batch.lazy.map(\.entry)
        )
        let isSaid = underWay.batch.contains { $0.entry.publications > 0 }
        let topic: SharedTopic = isSaid ? .said(name) : .presence(name)
        let id = underWay.id
        let batch = SharedBatch(topic: topic, id: id, bytes: bytes)
        replication.figures.sent(id)
        replication.log.append(batch, within: replication.patience) { [self] result in
            if !replication.figures.answered(id, at: try? result.get()) { replication.placesDiffer() }
            // Where it stands is known when it comes back, which is a moment later at most.
            guard case .failure(let fault) = result else { return }
            home.execute { [self] in giveUp(id, fault) }
        }
    }

    private func giveUp(_ id: BatchID, _ fault: SharedLogFault) {
        guard let replica, let failed = replica.end(id) else { return }
        refuse(replica.giveUp(failed, before: .now - replica.replication.patience), replica)
        if fault != .closed { sendNext(replica) }
    }

    /// Refuses everybody who waits for a place: it may be there, where this node will never see it. On the home loop.
    func giveUpAll() {
        guard let replica else { return }
        refuse(replica.giveUpAll(), replica)
    }

    func refuse(_ waiting: [Replica.Waiting], _ replica: Replica) {
        for waiting in waiting {
            ended(waiting, replica)
            refuse(waiting.waiter)
        }
    }

    func ended(_ waiting: Replica.Waiting, _ replica: Replica) {
        replica.replication.endedWaiting(waiting.byteCount)
        group.bytesEnded(waiting.byteCount)
    }

    func refuse(_ waiter: Replica.Waiter) {
        switch waiter {
        case .nobody, .departure, .comeback: break
        case .arrival(let connection, _, let refuse):
            group.inOrder(on: connection.loop, refuse)
            directory?.leave(self, isEmpty: isEmpty)
        case .renaming(let connection, let answer):
            group.inOrder(on: connection.loop) { answer(.failure(Self.unavailable)) }
        case .message(let member, _, let refuse):
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
        let (link, since) = (replica.makeLink(), WallTime.now.milliseconds)
        replica.replication.withID { [self] id in
            let place: @Sendable () -> Void = { [self] in
                guard let id else { return refuse(waiter) }
                let arriving = ChannelEntry.Arriving(
                    link: link,
                    identity: request.identity,
                    name: request.name?.text,
                    member: id,
                    session: SessionID.random().owned(by: request.owner),
                    since: since
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
        guard let replica else { return }
        // What is known need not stand in the log once more, where it might outlast what it repeats.
        let link = MemberLink(id: LinkID(node: replica.replication.node, number: letter.link), connection: nil)
        if case .sent(let receipt) = state.known(letter.key, in: letter.session, over: link) {
            return group.inOrder(on: letter.sender.subscriber.loop) { acknowledge(.taken(receipt, isDuplicate: true)) }
        }
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

    /// Has somebody who is no member say something.
    func submit(_ posting: Posting, _ answer: @escaping @Sendable (Result<[Posted], PostingFault>) -> Void) {
        let known = posting.parcels.map { state.publisherKeys.receipts(of: $0) }
        guard known.contains(where: { $0 == nil }) else {
            return answer(
                Result { () throws(PostingFault) in
                    try state.publisherKeys.check(posting)
                    return known.flatMap { $0 ?? [] }.map { Posted(receipt: $0, isDuplicate: true) }
                }
            )
        }
        submit(.posting(posting.parcels), .posting(answer))
    }

    /// Says something without a key, by way of the log. On the loop of the member.
    ///
    /// - Parameter refuse: called on the member's loop when the cluster has not taken it in time.
    func submit(_ message: WebSocketMessage, by participant: Participant, refuse: (@Sendable () -> Void)?) {
        let (seat, member, link) = (participant.seat, participant.membership, participant.link)
        let envelope = participant.envelope
        group.atHome { [self] in
            let spoken = ChannelEntry.Spoken(
                link: link,
                author: seat.member,
                session: seat.session,
                tag: seat.tag,
                key: nil,
                content: message
            )
            submit(.message(spoken), .message(member, envelope, refuse: refuse))
        }
    }
}
