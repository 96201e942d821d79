/// What a state has to do with the same one on other nodes.
extension ChannelState {
    /// Connections are lost together, in the order of their members' ids.
    mutating func disconnectAll(
        now: ContinuousClock.Instant,
        where isLost: (Connection) -> Bool
    ) -> [Departure] {
        sessions.connected(isLost).map { id, connection in
            let member = Member(id: sessions[id]?.member ?? ClientID(number: 0), name: "")
            let seat = Seat(member: member, session: id, tag: 0)
            return disconnect(seat, from: connection, leaves: false, now: now)
        }
        .compactMap(\.self)
    }

    /// The connection that a session has.
    func connection(of id: SessionID) -> Connection? { sessions[id]?.connection }

    /// A session goes on over another connection.
    mutating func move(_ id: SessionID, to connection: Connection) {
        guard var session = sessions[id] else { return }
        session.connection = connection
        sessions.take(id, session)
    }

    /// Takes in a member of whose coming nothing is known.
    ///
    /// - Returns: false when it or its session is known all the same, or there are too many.
    mutating func adopt(_ id: SessionID, _ member: Member, tag: UInt32, over connection: Connection) -> Bool {
        guard sessions[id] == nil, roster.member(member.id) == nil, sessions.all.count < Self.maximumAdopted else {
            return false
        }
        sessions.take(id, ChannelSessions.Session(member: member.id, tag: tag, connection: connection))
        _ = roster.add(member.id, name: member.ownName.flatMap { try? MemberName($0) }, isFixed: id.isNameFixed)
        connectedCount += 1
        return true
    }

    /// In a channel that has as many sessions nobody is taken in by what it said.
    private static var maximumAdopted: Int { 10_000 }

    /// The connection of a member without a session is lost.
    mutating func disconnectGuest(_ id: ClientID) -> Departure {
        connectedCount -= 1
        return Departure(absent: nil, hasLeft: true, notice: remove(id))
    }
}

extension ChannelState<MemberLink> {
    /// Everything that decides what becomes of what comes next.
    ///
    /// - Parameter time: of a moment, by the clock of the log.
    func told(
        as name: ChannelName,
        guests: [ClientID: NodeID],
        time: (ContinuousClock.Instant) -> Int64
    ) -> ToldChannel {
        var told = ToldChannel(name: name.text)
        told.members = roster.ids.map { id in
            ToldChannel.Member(
                id: id.number,
                name: roster.isNamed(id) ? roster.member(id)?.name : nil,
                node: guests[id]?.rawValue,
                isFixed: roster.isFixed(id) ? true : nil
            )
        }
        told.sessions = sessions.inOrder.map { id, session, absentSince in
            ToldChannel.Session(
                high: id.high,
                low: id.low,
                member: session.member.number,
                tag: session.tag,
                link: session.connection.map { link in
                    ToldChannel.Link(node: link.id.node.rawValue, number: link.id.number, since: link.since)
                },
                keys: session.keys.told,
                absentSince: absentSince.map(time),
                isAwaited: sessions.isAwaited(id)
            )
        }
        told.publisherKeys = publisherKeys.told
        told.lastPublisherKey = publisherKeys.lastUse.map(time)
        return told
    }

    /// - Parameter instant: of a time of the log's clock.
    init(_ told: ToldChannel, grace: Duration, instant: (Int64) -> ContinuousClock.Instant) {
        self.init(grace: grace)
        for member in told.members {
            let id = ClientID(number: member.id)
            roster.restore(id, name: member.name, isFixed: member.isFixed ?? false)
            if member.node != nil { connectedCount += 1 }
        }
        for session in told.sessions {
            let id = SessionID(high: session.high, low: session.low)
            let connection = session.link.map { link in
                MemberLink(
                    id: LinkID(node: NodeID(rawValue: link.node), number: link.number),
                    connection: nil,
                    since: link.since
                )
            }
            let restored = ChannelSessions<MemberLink>
                .Session(
                    member: ClientID(number: session.member),
                    tag: session.tag,
                    keys: KeyMemory(session.keys),
                    connection: connection
                )
            if connection != nil { connectedCount += 1 }
            sessions.restore(id, restored, since: session.absentSince.map(instant), isAwaited: session.isAwaited)
        }
        publisherKeys = PublisherKeys(told.publisherKeys, lastUse: told.lastPublisherKey.map(instant))
    }
}

extension ChannelSessions {
    /// Those whose connection is one of these, in the order of their members' ids.
    func connected(_ isMeant: (Connection) -> Bool) -> [(SessionID, Connection)] {
        all.compactMap { id, session in session.connection.map { (id, session.member, $0) } }
            .filter { isMeant($0.2) }
            .sorted { $0.1 < $1.1 }
            .map { ($0.0, $0.2) }
    }

    /// Those that have a connection, then the others in the order in which they lost it.
    var inOrder: [(SessionID, Session, absentSince: ContinuousClock.Instant?)] {
        let present = all.filter { $0.value.connection != nil }.sorted { $0.value.tag < $1.value.tag }
        return present.map { ($0.key, $0.value, nil) }
            + absences.compactMap { id, instant in all[id].map { (id, $0, instant) } }
    }

    /// Takes in a session as another node knows it.
    ///
    /// - Parameter since: when it lost its connection, if it has none.
    mutating func restore(
        _ id: SessionID,
        _ session: Session,
        since: ContinuousClock.Instant?,
        isAwaited: Bool
    ) {
        if let since { restore(id, session, absentSince: since, isAwaited: isAwaited) } else { take(id, session) }
    }
}

extension KeyMemory {
    var told: [ToldChannel.Key] {
        all.map { key, entry in
            ToldChannel.Key(
                text: key.text,
                id: entry.receipt.id.rawValue,
                receivers: entry.receipt.receivers,
                count: entry.count,
                hash: entry.contentHash
            )
        }
    }

    init(_ keys: [ToldChannel.Key], capacity: Int = Self.capacity) {
        self.init(capacity: capacity)
        for key in keys {
            let receipt = Receipt(id: PositionText(rawValue: key.id), receivers: key.receivers, stored: .cluster)
            let entry = Entry(receipt: receipt, count: key.count, contentHash: key.hash)
            remember(entry, for: MessageKey(text: key.text))
        }
    }
}

extension PublisherKeys {
    var told: [ToldChannel.Key] { memory.told }

    init(_ keys: [ToldChannel.Key], lastUse: ContinuousClock.Instant?) {
        self.init()
        memory = KeyMemory(keys, capacity: KeyMemory.capacityOfPublishers)
        self.lastUse = lastUse
    }
}
