/// The sessions of one channel: who may come back as the member it was, and which messages it has sent.
///
/// Memory is bounded by the connections of the channel, and for those that have none by ``AbsentSessions``.
struct ChannelSessions<Connection: Sendable & Equatable>: Sendable {
    /// How long a session is remembered after its last connection.
    static var retention: Duration { .seconds(600) }

    struct Session: Sendable {
        let member: ClientID
        /// Names it among the authors of the history.
        let tag: UInt32
        var keys = KeyMemory()
        /// nil when it was lost, or closed.
        var connection: Connection?
    }

    /// How long the place of one that has lost its connection is kept.
    let grace: Duration
    private var sessions: [SessionID: Session] = [:]
    var all: [SessionID: Session] { sessions }
    /// When those that have no connection lost it.
    private var absent = RecencyMap<SessionID, ContinuousClock.Instant>()
    /// Those of them whose place is kept.
    private var awaited = RecencyMap<SessionID, ContinuousClock.Instant>()
    private var lastTag: UInt32 = 0

    init(grace: Duration) {
        self.grace = grace
    }

    var isEmpty: Bool { sessions.isEmpty }
    /// The sessions that have no connection.
    var absentees: [SessionID] { absent.map(\.key) }
    /// They with the times at which they lost it, in that order.
    var absences: [(SessionID, ContinuousClock.Instant)] { absent.map { ($0.key, $0.value) } }

    subscript(id: SessionID) -> Session? { sessions[id] }

    /// The session of a member; looks through all.
    func session(of member: ClientID) -> SessionID? { sessions.first { $0.value.member == member }?.key }

    /// Begins a session.
    ///
    /// - Parameter tag: nil for the next of this channel.
    mutating func open(
        _ id: SessionID,
        for member: ClientID,
        over connection: Connection,
        tag: UInt32?
    ) -> Session {
        // 0 is nobody's. Four thousand millions later there is nothing left of who had one before.
        if tag == nil { lastTag = lastTag == .max ? 1 : lastTag + 1 }
        let session = Session(member: member, tag: tag ?? lastTag, connection: connection)
        sessions[id] = session
        return session
    }

    /// What a new session is called among the authors of the history where all nodes of a cluster have to come to the same,
    /// whatever they remember: by its member, since ids are given once.
    static func tag(of member: ClientID) -> UInt32 { max(UInt32(truncatingIfNeeded: member.number), 1) }

    /// What a session that came back finds.
    enum Return: Equatable {
        /// Its place was kept.
        case inPlace
        /// It has an older connection, whose place it takes.
        case instead(of: Connection)
        /// It has left, but is known.
        case anew
    }

    /// A session goes on with another connection; nil when it is not known.
    mutating func resume(_ id: SessionID, over connection: Connection) -> (session: Session, how: Return)? {
        guard var session = sessions[id] else { return nil }
        let older = session.connection
        session.connection = connection
        sessions[id] = session
        absent[id] = nil
        if let older { return (session, .instead(of: older)) }
        return (session, awaited.removeValue(forKey: id) == nil ? .anew : .inPlace)
    }

    /// A connection has ended.
    ///
    /// - Parameter leaves: the client meant to leave, so that its place is not kept.
    /// - Returns: whether the place is kept; nil when the session had gone on with another connection.
    mutating func disconnect(
        _ id: SessionID,
        from connection: Connection,
        leaves: Bool,
        now: ContinuousClock.Instant
    ) -> Bool? {
        guard sessions[id]?.connection == connection else { return nil }
        sessions[id]?.connection = nil
        absent[id] = now
        let isAwaited = !leaves && grace > .zero
        if isAwaited { awaited[id] = now }
        return isAwaited
    }

    /// Forgets a session that has no connection.
    ///
    /// - Returns: the member whose place was kept so far.
    mutating func forget(_ id: SessionID) -> ClientID? {
        guard let session = sessions[id], session.connection == nil else { return nil }
        sessions[id] = nil
        absent[id] = nil
        return awaited.removeValue(forKey: id) == nil ? nil : session.member
    }

    // MARK: Time

    /// When ``takeLate(now:)`` and ``forgetOld(now:)`` have something to do next.
    var nextDeadline: ContinuousClock.Instant? {
        let late = awaited.first.map { $0.value + grace }
        let old = absent.first.map { $0.value + retention }
        guard let late, let old else { return late ?? old }
        return min(late, old)
    }

    private var retention: Duration { max(Self.retention, grace) }

    /// The next session whose member has not come back in time; nil when there is none any more.
    mutating func takeLate(now: ContinuousClock.Instant) -> (id: SessionID, member: ClientID)? {
        guard let first = awaited.first, first.value + grace <= now else { return nil }
        awaited.removeFirst()
        return sessions[first.key].map { (first.key, $0.member) }
    }

    /// Forgets the sessions that have been without a connection for too long.
    ///
    /// - Returns: those that were forgotten.
    mutating func forgetOld(now: ContinuousClock.Instant) -> [SessionID] {
        var forgotten: [SessionID] = []
        while let first = absent.first, first.value + retention <= now {
            absent.removeFirst()
            sessions[first.key] = nil
            forgotten.append(first.key)
        }
        return forgotten
    }

    // MARK: Keys

    mutating func remember(_ receipt: Receipt, for key: MessageKey, in id: SessionID) {
        sessions[id]?.keys.remember(receipt, for: key)
    }

    mutating func update(_ receipt: Receipt, for key: MessageKey, in id: SessionID) {
        sessions[id]?.keys.update(receipt, for: key)
    }

    // MARK: Storage

    func isAwaited(_ id: SessionID) -> Bool { awaited[id] != nil }

    /// Takes in a session that was stored; those in order of `absentSince`.
    ///
    /// - Parameter isAwaited: its place is kept.
    mutating func restore(
        _ id: SessionID,
        _ session: Session,
        absentSince: ContinuousClock.Instant,
        isAwaited: Bool
    ) {
        sessions[id] = session
        absent[id] = absentSince
        if isAwaited { awaited[id] = absentSince }
        lastTag = max(lastTag, session.tag)
    }

    /// Takes in a session that has its connection on another node.
    mutating func take(_ id: SessionID, _ session: Session) {
        sessions[id] = session
    }

    /// No tag up to this one is given again.
    mutating func skipTags(upTo tag: UInt32) {
        lastTag = max(lastTag, tag)
    }
}
