/// Who is in one channel, under which name, and what is known of those who may come back: takes in, lets go, and says what
/// the others are to be told.
///
/// It is plain logic: no input or output, no lock, no clock, no randomness. `Connection` is whatever a member is reached by;
/// a test uses a number.
struct ChannelState<Connection: Sendable & Equatable>: Sendable {
    var roster = ChannelRoster()
    var sessions: ChannelSessions<Connection>
    /// The members that have a connection.
    var connectedCount = 0
    /// Of those who publish without being a member.
    var publisherKeys = PublisherKeys()

    /// - Parameter grace: how long the place of a member is kept that has lost its connection.
    init(grace: Duration) {
        sessions = ChannelSessions(grace: grace)
    }

    var attendance: Attendance { roster.attendance }
    /// Members, those who may come back as the ones they were, and keys of publishers.
    var isEmpty: Bool { roster.count == 0 && sessions.isEmpty && publisherKeys.isEmpty }
    /// The sessions that have no connection.
    var absentees: [SessionID] { sessions.absentees }
    /// When ``expire(now:)`` has something to do next.
    var nextDeadline: ContinuousClock.Instant? {
        guard let late = sessions.nextDeadline, let old = publisherKeys.deadline else {
            return sessions.nextDeadline ?? publisherKeys.deadline
        }
        return min(late, old)
    }

    // MARK: Coming and going

    /// A member that was taken in.
    struct Arrival: Sendable {
        let seat: Seat
        /// Whether it is called by a name of its own.
        let isNamed: Bool
        /// Whether it had a place already, so that nobody is told.
        let isBack: Bool
        /// Its session was known: it is absent no more.
        let returned: SessionID?
        /// The older connection whose place it takes, which is to be closed.
        let replaced: Connection?
        /// Why it has not got the name that it asked for.
        let problem: Problem?
        /// Who has another name now, since this one's token says that it is its own.
        let displaced: Displaced?
        /// Who is there now.
        let attendance: Attendance
        /// What the others are told.
        let notice: ServerObject?
    }

    /// A member that had to give its name away.
    struct Displaced: Sendable, Equatable {
        let renaming: Renaming
        let session: SessionID?
        /// What all are told.
        let notice: ServerObject?
    }

    /// Takes in a member: under a new id, or as the one that it was.
    ///
    /// - Parameters:
    ///   - tag: that a new session gets; nil for the next of this channel.
    ///   - makeID: gives an id that nobody has had.
    ///   - makeSession: gives a session that nobody has had, of the owner of the request.
    mutating func join(
        _ request: JoinRequest,
        over connection: Connection,
        tag: UInt32? = nil,
        makeID: () -> ClientID,
        makeSession: () -> SessionID
    ) -> Arrival {
        switch request.identity {
        case .none:
            return admit(makeID(), request.name, session: nil, tag: 0, isFixed: request.owner.isNameFixed)
        case .returning(let offered):
            guard let (session, how) = sessions.resume(offered, over: connection) else { fallthrough }
            if how == .anew {
                return admit(session.member, request.name, session: offered, tag: session.tag, returned: offered)
            }
            return takeBack(session, offered, how)
        case .session:
            let id = makeSession()
            let member = makeID()
            let session = sessions.open(id, for: member, over: connection, tag: tag)
            return admit(member, request.name, session: id, tag: session.tag)
        }
    }

    private mutating func admit(
        _ id: ClientID,
        _ name: MemberName?,
        session: SessionID?,
        tag: UInt32,
        isFixed: Bool = false,
        returned: SessionID? = nil
    ) -> Arrival {
        let (member, isNamed, displaced) = roster.add(id, name: name, isFixed: session?.isNameFixed ?? isFixed)
        connectedCount += 1
        return Arrival(
            seat: Seat(member: member, session: session, tag: tag),
            isNamed: isNamed,
            isBack: false,
            returned: returned,
            replaced: nil,
            problem: name != nil && !isNamed ? ChannelRoster.tooManyAlike : nil,
            displaced: displaced.map { renaming in
                Displaced(
                    renaming: renaming,
                    session: sessions.session(of: renaming.member.id),
                    notice: roster.notice(of: renaming)
                )
            },
            attendance: roster.attendance,
            notice: roster.arrival(of: member)
        )
    }

    /// It keeps the name it has, whatever it asks for: the URL may be older than that.
    private mutating func takeBack(
        _ session: ChannelSessions<Connection>.Session,
        _ id: SessionID,
        _ how: ChannelSessions<Connection>.Return
    ) -> Arrival {
        guard let member = roster.member(session.member) else {
            preconditionFailure("Whoever's place is kept is a member.")
        }
        var replaced: Connection?
        if case .instead(let older) = how { replaced = older } else { connectedCount += 1 }
        return Arrival(
            seat: Seat(member: member, session: id, tag: session.tag),
            isNamed: roster.isNamed(session.member),
            isBack: true,
            returned: id,
            replaced: replaced,
            problem: nil,
            displaced: nil,
            attendance: roster.attendance,
            notice: nil
        )
    }

    /// A member whose connection has ended.
    struct Departure: Sendable, Equatable {
        /// Its session, which has no connection any more.
        let absent: SessionID?
        /// Whether it is no member any more; otherwise its place is kept.
        let hasLeft: Bool
        /// What those who are left are told.
        let notice: ServerObject?
    }

    /// The connection of a member has ended.
    ///
    /// - Parameter leaves: the client meant to leave, so that its place is not kept.
    /// - Returns: nil when another connection has its place.
    mutating func disconnect(
        _ seat: Seat,
        from connection: Connection,
        leaves: Bool,
        now: ContinuousClock.Instant
    ) -> Departure? {
        if let session = seat.session {
            guard let isAwaited = sessions.disconnect(session, from: connection, leaves: leaves, now: now) else {
                return nil
            }
            connectedCount -= 1
            return Departure(absent: session, hasLeft: !isAwaited, notice: isAwaited ? nil : remove(seat.id))
        }
        connectedCount -= 1
        return Departure(absent: nil, hasLeft: true, notice: remove(seat.id))
    }

    /// Forgets a session that has no connection, to make room for others.
    mutating func forget(_ session: SessionID) -> Expiry {
        let late = sessions.forget(session)
        return Expiry(
            departures: late == nil ? 0 : 1,
            notices: late.flatMap { remove($0) }.map { [$0] } ?? [],
            forgotten: []
        )
    }

    /// What time has brought.
    struct Expiry: Sendable, Equatable {
        /// How many members are none any more.
        var departures = 0
        /// Their sessions.
        var late: [SessionID] = []
        /// What those who are left are told.
        var notices: [ServerObject] = []
        /// Sessions that are not known any more.
        var forgotten: [SessionID] = []
    }

    /// Lets go the members that have not come back in time, and forgets old sessions and keys.
    mutating func expire(now: ContinuousClock.Instant) -> Expiry {
        var expiry = Expiry()
        publisherKeys.expire(now: now)
        while let late = sessions.takeLate(now: now) {
            expiry.departures += 1
            expiry.late.append(late.id)
            if let notice = remove(late.member) { expiry.notices.append(notice) }
        }
        expiry.forgotten = sessions.forgetOld(now: now)
        return expiry
    }

    mutating func remove(_ id: ClientID) -> ServerObject? {
        guard let member = roster.remove(id), connectedCount > 0 else { return nil }
        return roster.departure(of: member)
    }

    // MARK: Names

    /// Gives a member another name, or none.
    ///
    /// - Parameter now: nil to take it as often as it comes.
    /// - Returns: how it is called now, and what all members are to be told, unless they are too many; nil when another
    ///   connection has its place.
    /// - Throws: a problem when too many have that name, or it has had too many. The member keeps the one it had.
    mutating func rename(
        _ seat: Seat,
        to name: MemberName?,
        over connection: Connection,
        now: ContinuousClock.Instant?
    ) throws(Problem) -> (renaming: Renaming, notice: ServerObject?)? {
        if let session = seat.session, sessions[session]?.connection != connection { return nil }
        return try roster.rename(seat.id, to: name, now: now)
    }

    // MARK: Keys

    /// What is known of the message of a key.
    enum Known: Sendable, Equatable {
        case nothing
        /// It was sent before.
        case sent(Receipt)
        /// The session goes on in another connection, which will send again what was not acknowledged.
        case elsewhere
    }

    /// What is known of a message that comes over a connection of a session.
    ///
    /// - Parameter mayBeLost: what was said over a connection counts also when that has been lost since, as long as no other
    ///   has taken its place.
    func known(_ key: MessageKey, in id: SessionID, over connection: Connection, mayBeLost: Bool = false) -> Known {
        guard let session = sessions[id] else { return .elsewhere }
        guard session.connection == connection || mayBeLost && session.connection == nil else { return .elsewhere }
        return session.keys[key].map(Known.sent) ?? .nothing
    }

    /// Remembers what became of a message.
    mutating func remember(_ receipt: Receipt, for key: MessageKey, in id: SessionID) {
        sessions.remember(receipt, for: key, in: id)
    }

    /// What became of a message has changed, if it is known still.
    mutating func update(_ receipt: Receipt, for key: MessageKey, in id: SessionID) {
        sessions.update(receipt, for: key, in: id)
    }

    /// The key of a message that has its place, as it is written down.
    func spentKey(_ key: MessageKey, of id: SessionID) -> SpentKey? { sessions[id]?.keys.spent(key, of: id) }
}

// MARK: Storage

extension ChannelState {
    /// What is to be stored of a session; nil when it is not known.
    ///
    /// - Parameter lost: when it lost its connection, if it has none, in milliseconds since 1970-01-01 00:00 UTC.
    func stored(_ id: SessionID, lost: Int64) -> StoredSession? {
        guard let session = sessions[id] else { return nil }
        let isConnected = session.connection != nil
        return StoredSession(
            member: session.member,
            tag: session.tag,
            name: roster.isNamed(session.member) ? roster.member(session.member)?.name : nil,
            lost: isConnected ? nil : lost,
            hasPlace: isConnected || sessions.isAwaited(id)
        )
    }

    /// Takes in a session that was stored, as one without a connection. All of them before anybody comes, in the order of
    /// `absentSince`.
    mutating func restore(
        _ id: SessionID,
        _ stored: StoredSession,
        _ keys: KeyMemory,
        absentSince: ContinuousClock.Instant
    ) {
        let session = ChannelSessions<Connection>
            .Session(member: stored.member, tag: stored.tag, keys: keys, connection: nil)
        sessions.restore(id, session, absentSince: absentSince, isAwaited: stored.hasPlace)
        if stored.hasPlace { roster.restore(stored.member, name: stored.name, isFixed: id.isNameFixed) }
    }

    /// No tag up to this one is given again.
    mutating func skipTags(upTo tag: UInt32) {
        sessions.skipTags(upTo: tag)
    }
}
